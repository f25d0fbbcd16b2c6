"""The whole settings file, read by a new interpreter."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHOW = """
import json, sys
from config import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}, default=str))
"""


def run(arguments: list[str], variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "CELERY_BROKER_URL": "memory://", **variables}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def settings_with(variables: dict[str, str], *names: str) -> dict[str, object]:
    done = run(["-c", SHOW, *names], variables)
    assert done.returncode == 0, done.stderr
    shown: dict[str, object] = json.loads(done.stdout)
    return shown


PRODUCTION = {
    "SECRET_KEY": "a key of tests, " * 3,
    "SITE_URL": "https://watch.example.org",
    "PROVIDER_KEY": "k",
}


def test_it_runs_the_sandbox_while_developing_without_a_key() -> None:
    names = ("PROVIDER_SANDBOX", "PROVIDER_URL", "DATABASES")
    shown = settings_with({"DEBUG": "1", "SITE_URL": "http://localhost:8123/"}, *names)
    assert (shown["PROVIDER_SANDBOX"], shown["PROVIDER_URL"]) == (
        True,
        "http://localhost:8123/sandbox",
    )
    assert "var/sandbox.sqlite3" in str(shown["DATABASES"])
    shown = settings_with({"DEBUG": "1", "PROVIDER_KEY": "mine"}, *names)
    assert (shown["PROVIDER_SANDBOX"], shown["PROVIDER_URL"]) == (False, "")
    assert "var/stallwatch.sqlite3" in str(shown["DATABASES"]), (
        "Invented products never meet a real account."
    )


def test_it_never_runs_the_sandbox_in_production() -> None:
    names = ("PROVIDER_SANDBOX", "PROVIDER_URL", "PROVIDER_KEY")
    shown = settings_with({**PRODUCTION, "PROVIDER_KEY": ""}, *names)
    assert shown == {"PROVIDER_SANDBOX": False, "PROVIDER_URL": "", "PROVIDER_KEY": ""}


def test_it_encrypts_cookies_in_production_and_redirects_only_behind_a_trusted_proxy() -> None:
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "ALLOWED_HOSTS")
    shown = settings_with(PRODUCTION, *names, "SECURE_HSTS_SECONDS")
    assert shown.pop("SECURE_HSTS_SECONDS") == 31_536_000
    assert list(shown.values()) == [True, True, False, ["watch.example.org"]]
    assert settings_with({**PRODUCTION, "TRUST_PROXY": "1"}, "SECURE_SSL_REDIRECT") == {
        "SECURE_SSL_REDIRECT": True
    }


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({}, "SECRET_KEY"),
        ({"DEBUG": "1", "SITE_URL": "http://watch.example.org:high"}, "SITE_URL"),
        ({"DEBUG": "1", "EMAIL_URL": "somewhere"}, "EMAIL_URL"),
    ],
)
def test_a_wrong_variable_is_reported_in_one_line(variables: dict[str, str], named: str) -> None:
    done = run(["manage.py", "check"], variables)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("Configuration: ")
    assert named in done.stderr
    assert len(done.stderr.splitlines()) == 1
