"""The image gets what its processes read, and no secret."""

import subprocess
from fnmatch import fnmatch
from pathlib import PurePath

from tests.config.test_readme import ROOT

LINES = (ROOT / ".dockerignore").read_text().split()


def is_in_image(name: str) -> bool:
    """Return what the last line says that matches the file or a folder of it."""
    paths = [str(path) for path in (PurePath(name), *PurePath(name).parents)]
    said = [line for line in LINES if any(fnmatch(path, line.removeprefix("!")) for path in paths)]
    return said[-1].startswith("!")


def test_it_has_what_its_processes_read() -> None:
    folders = ["config", "monitor", "static", "templates"]
    read = subprocess.check_output(["git", "ls-files", *folders], cwd=ROOT, text=True).splitlines()
    assert len(read) > 100
    read += [
        "manage.py",
        "Procfile",
        "gunicorn.conf.py",
        "deploy/start",
        "deploy/healthy.py",
        "requirements.txt",
    ]
    read += ["package.json", "package-lock.json", ".npmrc"]
    assert not [name for name in read if not is_in_image(name) or not (ROOT / name).exists()]


def test_it_has_no_secret_and_git_takes_none() -> None:
    secrets = [
        "deploy/secrets/secret_key",
        "deploy/certificate/key.pem",
        "stallwatch.backup",
        "var/x",
        ".env",
    ]
    assert not [
        name for name in [*secrets, ".git/config", "tests/x.py", "new/file"] if is_in_image(name)
    ]
    ignored = subprocess.check_output(
        ["git", "check-ignore", "--no-index", *secrets], cwd=ROOT, text=True
    )
    assert ignored.splitlines() == secrets
