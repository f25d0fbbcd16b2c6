"""In production no process starts without a provider's key, and commands get the settings of the
processes."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.config.test_readme import ROOT
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


def test_commands_get_the_settings_and_secrets_of_the_units(tmp_path: Path) -> None:
    secrets, units = tmp_path / "stallwatch", tmp_path / "systemd/system/stallwatch-.service.d"
    shutil.copytree(ROOT / "deploy/systemd/stallwatch-.service.d", units)
    (units / "more.conf").write_text("[Service]\nEnvironment=METRICS_TOKEN_FILE=%d/metrics_token\n")
    secrets.mkdir()
    written = {
        "database_url": f"sqlite:///{tmp_path}/x",
        "broker_url": "memory://",
        "email_url": "console:",
    }
    for name in [
        "metrics_token",
        *re.findall(r"^LoadCredential=(\w+):", (units / "common.conf").read_text(), re.MULTILINE),
    ]:
        (secrets / name).write_text(written.get(name, f"{name}{'x' * 40}"))
    url = "https://watch.example.org"
    (secrets / "environment").write_text(
        f"# ours\n\nSITE_URL=\"{url}\"\nOIDC_NAME=A & 'B' $C\nDEBUG=1"
    )
    shown = (
        "import os; from django.conf import settings as s; print(s.SITE_URL, s.METRICS_TOKEN, "
        "os.environ['OIDC_NAME'])"
    )
    done = subprocess.run(
        [ROOT / "deploy/manage", "shell", "--no-imports", "--command", shown],
        env={"PATH": os.environ["PATH"], "ETC": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == f"{url} metrics_token{'x' * 40} A & 'B' $C", done.stderr
