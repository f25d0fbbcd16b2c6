"""The costs of processes, read from `/proc`, and the description of the machine."""

import os
import platform
import re
import time
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time of these processes and their ended children; an ended process itself
    counts as zero."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        total += sum(map(int, fields[11:15]))
    return total / _TICK


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_until(condition: Callable[[], bool], subject: str, *, seconds: float = 60) -> None:
    """Wait until `condition` holds. Raises TimeoutError."""
    ends = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > ends:
            raise TimeoutError(f"waited {seconds:g} s in vain for {subject}")
        time.sleep(0.005)


def yardstick() -> str:
    """Return how fast this machine is at the moment: virtual ones differ by a factor of two within
    minutes."""
    began = time.perf_counter()
    sum(number * number for number in range(5_000_000))
    return f"five million squares in {time.perf_counter() - began:.2f} s"


def machine() -> dict[str, str]:
    """Return the processor, its speed, the kernel, and the versions of Python and the libraries."""
    described = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    processor = described[1] if described else platform.machine()
    return {
        "machine": f"{processor}, Linux {platform.release()}",
        "speed": yardstick(),
        "CPUs": str(len(os.sched_getaffinity(0))),
        "Python": platform.python_version(),
        **{name: version(name) for name in ("Django", "celery", "requests", "psycopg")},
    }
