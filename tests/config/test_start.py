"""In production no process starts without a provider's key."""

import pytest

from tests.config.test_settings import PRODUCTION, run

KEYLESS = {**PRODUCTION, "PROVIDER_KEY": ""}


@pytest.mark.parametrize(
    "arguments",
    [
        ["-c", "import config.wsgi"],
        ["-m", "celery", "-A", "config", "worker", "--pool", "solo"],
        ["-m", "celery", "-A", "config", "beat"],
        ["manage.py", "check"],
    ],
    ids=["web", "worker", "beat", "check"],
)
def test_it_does_not_start_without_a_key(arguments: list[str]) -> None:
    done = run(arguments, KEYLESS)
    assert done.returncode == 1
    assert "monitor.E001" in done.stderr
    assert "PROVIDER_KEY is not set" in done.stderr
