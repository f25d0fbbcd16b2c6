"""Gunicorn with two workers that are replaced, as in production: one count of requests, and logs in
JSON."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.config.test_readme import ROOT
from tests.config.test_settings import PRODUCTION
from tests.telemetry.conftest import TOKEN

COMMAND = [
    "-m",
    "gunicorn",
    "config.wsgi",
    "--workers",
    "2",
    "--threads",
    "2",
    "--no-control-socket",
]


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    environment = {
        "PATH": os.environ["PATH"],
        **PRODUCTION,
        "METRICS_TOKEN": TOKEN,
        "TMPDIR": str(tmp_path),
    }
    environment |= {
        "PROVIDER_SECRET": "s",
        "PROVIDER_URL": "https://gateway.example.org",
        "CELERY_BROKER_URL": "memory://",
    }
    environment |= {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'none'}",
        "EMAIL_URL": f"file:{tmp_path}",
    }
    with (tmp_path / "log").open("wb") as log:
        command = [sys.executable, *COMMAND, "--max-requests", "25", "--bind", f"127.0.0.1:{port}"]
        server = subprocess.Popen(
            command, cwd=ROOT, env=environment, stderr=log, start_new_session=True
        )
    yield port
    if server.poll() is None:
        os.killpg(server.pid, signal.SIGTERM)
    server.wait(30)
    assert not list(tmp_path.glob("stallwatch-metrics-*")), "Nothing is left behind."


def get(port: int, path: str, **headers: str) -> str:
    """Ask by a connection of its own, which any worker may take."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("GET", path, headers={"Host": "watch.example.org", **headers})
        return connection.getresponse().read().decode()


def test_each_worker_tells_the_requests_of_all_and_all_log_in_json(
    port: int, tmp_path: Path
) -> None:
    for _ in range(400):
        try:
            assert get(port, "/healthz") == '{"status": "ok"}'
            break
        except OSError:
            time.sleep(0.1)
    for _ in range(100):
        assert "401" in get(port, "/api/v1/watchlists")
    told = [get(port, "/metrics", Authorization=f"Bearer {TOKEN}") for _ in range(10)]
    counts = {
        line for metrics in told for line in metrics.splitlines() if "http_requests_total{" in line
    }
    assert counts == {'stallwatch_http_requests_total{page="api:watchlists",status="401"} 100.0'}
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    started = {
        line
        for metrics in told
        for line in metrics.splitlines()
        if line.startswith("process_start_time")
    }
    assert all(f'stallwatch_build_info{{version="{version}"}} 1.0' in metrics for metrics in told)
    assert len(started) == 1, "Of the first process, whichever worker tells it."
    # The longest request of a program: a search of 500 characters, and the cursor after a title of
    # 500.
    longest = f"/api/v1/products?sort=title&q={'%F0%9F%91%95' * 500}&cursor={'x' * 2000}"
    assert "urn:stallwatch:problem:no-token" in get(port, longest)
    assert (tmp_path / "log").read_text().count("Booting worker") > 2
    [folder] = tmp_path.glob("stallwatch-metrics-*")
    assert len(list(folder.iterdir())) <= 4, "Two files for each worker that runs."
    entries = [
        json.loads(line)
        for line in (tmp_path / "log").read_text().splitlines()
        if line.startswith("{")
    ]
    assert {"gunicorn.error", "django.request"} <= {entry["logger"] for entry in entries}
    assert "Starting gunicorn" in entries[0]["event"]
    served = [entry["event"] for entry in entries if entry["logger"] == "monitor.middleware"]
    assert (
        len([event for event in served if event.startswith("GET api:watchlists: 401 in ")]) == 100
    )
