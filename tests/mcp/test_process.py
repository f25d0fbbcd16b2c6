"""The process of the tools, as `deploy/start mcp` starts it."""

import json
import os
import subprocess
from pathlib import Path

import requests

from tests.chaos.stack import free_port, listens
from tests.config.test_readme import ROOT
from tests.config.test_settings import PRODUCTION
from tests.processes.conftest import wait_until


def test_it_starts_answers_each_request_at_once_and_logs_json(tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "log"
    own = {
        "PATH": os.environ["PATH"],
        "MCP_PORT": str(port),
        "DATABASE_URL": f"sqlite:///{tmp_path}/x",
    }
    provider = {"PROVIDER_URL": "https://gateway.example.org", "PROVIDER_SECRET": "s"}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [ROOT / "deploy/start", "mcp"],
            env={**PRODUCTION, **provider, **own},
            stdout=out,
            stderr=out,
        )
    try:
        wait_until(lambda: listens(port), "the process")
        host = {"Host": "watch.example.org", "Accept": "text/event-stream"}
        stream = requests.get(f"http://127.0.0.1:{port}/mcp", headers=host, timeout=10)
        assert (stream.status_code, stream.headers["Allow"]) == (405, "POST")
        assert (
            requests.post(
                f"http://127.0.0.1:{port}/mcp", headers=host, json={}, timeout=10
            ).status_code
            == 401
        )
    finally:
        process.terminate()
        process.wait(20)
    lines = log.read_text().splitlines()
    assert lines
    assert all("event" in json.loads(line) for line in lines)
