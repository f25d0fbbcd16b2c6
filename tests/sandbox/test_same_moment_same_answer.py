import os
import subprocess
import sys
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from monitor.provider.sandbox.protocol import API, GatewayCall, reply
from tests.sandbox.conftest import EXAMPLES, NOW

IN_ANOTHER_PROCESS = (
    "from tests.sandbox.test_same_moment_same_answer import digest; print(digest())"
)


def digest() -> str:
    """Return a digest of replies for many products at one moment, cached and uncached."""
    calls = (
        GatewayCall(API, {"num_iid": num_iid, "cache": cache}, NOW)
        for num_iid in EXAMPLES
        for cache in ("yes", "no")
    )
    return sha256("".join(repr(reply(call)) for call in calls).encode()).hexdigest()


def test_every_process_gives_the_same_replies_whatever_calls_came_before() -> None:
    for days in range(0, 400, 37):
        reply(GatewayCall(API, {"num_iid": EXAMPLES[0]}, NOW - timedelta(days=days)))
    environment = os.environ | {"PYTHONHASHSEED": "4242"}
    elsewhere = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert elsewhere.stdout.strip() == digest()
