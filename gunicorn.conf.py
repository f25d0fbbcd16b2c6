"""Gunicorn reads this file by itself. It imports nothing of ours: workers have to load new code after SIGHUP."""

import os
import tempfile
from pathlib import Path

# Workers count requests in files that they share, so that each of them can tell Prometheus the sum. After SIGHUP too.
folder = Path(os.environ.get("PROMETHEUS_MULTIPROC_DIR") or tempfile.mkdtemp(prefix="stallwatch-metrics-"))
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def on_exit(server: object) -> None:
    for counts in folder.glob("*.db"):
        counts.unlink(missing_ok=True)
