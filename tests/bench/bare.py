"""A bare loop of `requests` in the threads of several processes, to compare the pipeline with."""

import multiprocessing
import resource
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier

import requests

_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Loop:
    """Calls a second of all processes together, and their CPU seconds for a thousand calls."""

    rate: float
    cpu: float


def loop(url: str, num_iids: Sequence[str], *, processes: int, threads: int) -> Loop:
    """Get every product once: a `Session` a thread without the environment's settings, the reply
    read as JSON."""
    barrier = _SPAWN.Barrier(processes + 1)
    cpu: SimpleQueue[float] = _SPAWN.SimpleQueue()
    workers = [
        _SPAWN.Process(
            target=_work,
            args=(url, num_iids[number::processes], threads, barrier, cpu),
            daemon=True,
        )
        for number in range(processes)
    ]
    for worker in workers:
        worker.start()
    barrier.wait()
    began = time.perf_counter()
    barrier.wait()
    seconds = time.perf_counter() - began
    for worker in workers:
        worker.join()
    used = sum(cpu.get() for _ in workers)
    return Loop(len(num_iids) / seconds, used / len(num_iids) * 1000)


def _work(
    url: str, num_iids: Sequence[str], threads: int, barrier: Barrier, cpu: SimpleQueue[float]
) -> None:
    with ThreadPoolExecutor(threads) as pool:
        barrier.wait()
        began = _cpu()
        for work in [
            pool.submit(_get_all, url, num_iids[number::threads]) for number in range(threads)
        ]:
            work.result()
        barrier.wait()
        cpu.put(_cpu() - began)


def _get_all(url: str, num_iids: Sequence[str]) -> None:
    with requests.Session() as session:
        session.trust_env = False
        for num_iid in num_iids:
            call = f"{url}/douyin/item_get_app/?key=bench-key&secret=bench-secret"
            call += f"&num_iid={num_iid}&cache=no&lang=cn"
            assert session.get(call, timeout=15).json()["item"]["product_id"] == num_iid


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
