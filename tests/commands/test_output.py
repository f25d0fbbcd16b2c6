"""Commands as a shell sees them: JSON only on standard output, an exit code for errors, a quiet
end."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection

ROOT = Path(__file__).parent.parent.parent
SEND = ("send_messages", "--json")


def manage(
    database: Path, *arguments: str, stdout: int = subprocess.PIPE
) -> subprocess.CompletedProcess[str]:
    """Run `manage.py` in a process of its own, with this SQLite file."""
    return subprocess.run(
        [sys.executable, "-W", "error", "manage.py", *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "DEBUG": "1",
            "DATABASE_URL": f"sqlite:///{database}",
            "EMAIL_URL": f"file://{database.parent}/mail",
        },
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=120,
    )


def test_it_says_that_tables_are_missing(tmp_path: Path) -> None:
    ran = manage(tmp_path / "db.sqlite3", *SEND)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert (
        ran.stderr
        == "CommandError: The database has no tables yet. Run `manage.py migrate` first.\n"
    )


@pytest.mark.django_db
@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="The other process gets a copy of the tests' file."
)
def test_it_writes_json_alone_and_ends_quietly_when_the_reader_has_gone(tmp_path: Path) -> None:
    copy = tmp_path / "db.sqlite3"
    with (
        closing(sqlite3.connect(connection.settings_dict["NAME"])) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
    ran = manage(copy, *SEND)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert [json.loads(line).keys() for line in ran.stdout.splitlines()] == [
        {"sent", "retried", "refused", "failed", "dropped", "held"}
    ]
    reader, writer = os.pipe()
    os.close(reader)
    assert manage(copy, *SEND, stdout=writer).stderr == ""
    os.close(writer)
