"""Commands as a shell sees them: JSON only on standard output, an exit code for errors, a quiet end."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import copy

import pytest

ROOT = Path(__file__).parent.parent.parent
COMMANDS = ("import_products", "check_products", "send_messages", "remove_second_factor", "demo")
type Run = Callable[..., subprocess.CompletedProcess[str]]


def runner(folder: Path) -> Run:
    """Runs `manage.py` in a process of its own, with a database in the folder."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PROVIDER_")},
        "DEBUG": "1",
        "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
        "EMAIL_URL": f"file://{folder}/mail",
        "SITE_URL": "http://127.0.0.1:9",
    }

    def run(*arguments: str, text: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-W", "error", "manage.py", *arguments],
            cwd=ROOT,
            env={**environment, **variables},
            input=text,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )

    return run


@pytest.fixture
def manage(tmp_path: Path) -> Run:
    return runner(tmp_path)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a demo of two days, made once."""
    folder = tmp_path_factory.mktemp("demo")
    for arguments in (("migrate", "-v0"), ("demo", "--days=2", "--json")):
        assert runner(folder)(*arguments).returncode == 0
    return folder / "db.sqlite3"


@pytest.fixture
def with_demo(manage: Run, demo: Path, tmp_path: Path) -> Run:
    copy(demo, tmp_path)
    return manage


def test_every_command_explains_itself(manage: Run) -> None:
    for name in COMMANDS:
        ran = manage(name, "--help")
        assert ran.returncode == 0
        assert "--json" in ran.stdout


def test_standard_output_has_json_lines_only(with_demo: Run) -> None:
    manage = with_demo
    to = ("--owner", "merchant@example.com", "--watchlist", "新品")
    imported = manage("import_products", *to, "-", "--json", text="3514453298386183303\n坏\n")
    checked = manage("check_products", "3514453298386183303", "--json")
    # For a terminal without Chinese the same JSON is written in ASCII.
    again = manage("import_products", *to, "-", "--json", text="坏\n", PYTHONIOENCODING="ascii:surrogateescape")
    for ran in (imported, checked, again, manage("send_messages", "--json")):
        assert ran.returncode == 0, ran.stderr
        assert all(json.loads(line) for line in ran.stdout.splitlines())
    assert [json.loads(line)["result"] for line in imported.stdout.splitlines()] == ["added", "bad"]
    [row] = map(json.loads, checked.stdout.splitlines())
    assert (row["outcome"], row["code"], row["data_time"], row["changes"]) == ("network", "", None, [])
    assert again.stdout.isascii()
    assert imported.stderr == ""


def test_a_wrong_argument_ends_with_1_and_a_message_on_standard_error(with_demo: Run) -> None:
    ran = with_demo("remove_second_factor", "nobody@example.com", "--json")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("CommandError: No user logs in with nobody@example.com.")


def test_it_says_that_tables_are_missing(manage: Run) -> None:
    ran = manage("send_messages")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "manage.py migrate" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.usefixtures("with_demo")
def test_it_ends_quietly_when_the_reader_closes_the_pipe(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    environment = {**os.environ, "DEBUG": "1", "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3"}
    ran = subprocess.run(
        [sys.executable, "manage.py", "send_messages", "--json"],
        cwd=ROOT,
        env=environment,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )
    os.close(writer)
    assert ran.stderr == ""
