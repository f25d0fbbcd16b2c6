"""Gunicorn reads this file by itself. It imports nothing of ours: workers have to load new code
after SIGHUP."""

import logging
import os
import runpy
import tempfile
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

CONFIG = Path(__file__).resolve().parent / "config"

# A program's longest request: a search of 500 characters, and the cursor of a page that ends with a
# long title.
limit_request_line = 8190

# Workers count requests in files that they share, so that each of them can tell Prometheus the sum.
# After SIGHUP too.
folder = Path(
    os.environ.get("PROMETHEUS_MULTIPROC_DIR") or tempfile.mkdtemp(prefix="stallwatch-metrics-")
)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)

# Of gunicorn's first process. Workers configure their log by the settings.
env = runpy.run_path(str(CONFIG / "env.py"))["Env"](os.environ)
style = env.choice("LOG_FORMAT", "LINE" if env.flag("DEBUG") else "JSON", ("JSON", "LINE"))
logging.captureWarnings(True)
logconfig_dict = runpy.run_path(str(CONFIG / "logs.py"))["logging_config"](style, "INFO")


def pre_fork(server: Any, worker: Any) -> None:
    """Give the worker the lowest free number: it goes on in the file of the one that ended, so
    files do not pile up."""
    taken = {other.number for other in server.WORKERS.values()}
    worker.number = next(number for number in count() if number not in taken)


def post_fork(server: Any, worker: Any) -> None:
    os.environ["WORKER_NUMBER"] = str(worker.number)


def on_exit(server: Any) -> None:
    for counts in folder.glob("*.db"):
        counts.unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()
