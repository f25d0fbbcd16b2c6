"""The addresses of the database, the mail server and the broker become settings."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import services


def test_it_puts_a_relative_sqlite_file_below_the_base(tmp_path: Path) -> None:
    database = services.database("sqlite:///var/x.sqlite3", tmp_path)
    assert database["NAME"] == str(tmp_path / "var" / "x.sqlite3")
    assert (tmp_path / "var").is_dir()
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert database["OPTIONS"]["timeout"] == 20


def test_it_reads_a_postgres_address_with_escaped_characters() -> None:
    database = services.database(
        "postgresql://me%40x:p%2Fw@db.example:5433/stall?sslmode=require", Path()
    )
    assert (database["USER"], database["PASSWORD"]) == ("me@x", "p/w")
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db.example", 5433, "stall")
    assert database["OPTIONS"]["sslmode"] == "require"
    assert database["CONN_MAX_AGE"] > 0


def test_an_operators_settings_of_the_connection_come_after_ours() -> None:
    database = services.database("postgres://me@localhost/stall?options=-c%20jit%3Don", Path())
    assert database["OPTIONS"]["options"] == f"{services.POSTGRES_SETUP} -c jit=on"


def test_it_keeps_no_connections_beside_a_pool() -> None:
    database = services.database("postgres://me@localhost/stall?pool=8", Path())
    assert database["OPTIONS"]["pool"]["max_size"] == 8
    assert database["CONN_MAX_AGE"] == 0


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://var/x.sqlite3",
        "mysql://root:hunter2@localhost/x",
        "postgres://me:hunter2@localhost",
        "postgres://me:hunter2@localhost/x?pool=many",
        "postgres://me:hunter2@localhost/x?hunter=3",
        "postgres://[me:hunter2@localhost/x",
    ],
)
def test_it_refuses_a_database_address_it_cannot_read(url: str, tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL") as caught:
        services.database(url, tmp_path)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://u%40x:p%23@mail.example:2525", {"port": 2525, "use_tls": False, "use_ssl": False}),
        (
            "smtp://u%40x:p%23@mail.example?tls=1&timeout=5",
            {"port": None, "use_tls": True, "timeout": 5},
        ),
        ("smtp+starttls://u%40x:p%23@mail.example:587", {"use_tls": True, "use_ssl": False}),
        ("smtps://u%40x:p%23@mail.example", {"use_tls": False, "use_ssl": True}),
    ],
)
def test_it_reads_a_mail_server(url: str, expected: dict[str, object]) -> None:
    options = services.mailer(url, Path())["OPTIONS"]
    assert options["host"] == "mail.example"
    assert (options["username"], options["password"]) == ("u@x", "p#")
    assert options["timeout"]
    assert expected.items() <= options.items()


@pytest.mark.parametrize(
    "url",
    [
        "smtp://",
        "file://host/out",
        "imap://u:hunter2@mail.example",
        "smtp://u:hunter2@mail.example?tls=yes",
        "smtp://u:hunter2@mail.example?starttls=1",
        "smtps://u:hunter2@mail.example?tls=1",
    ],
)
def test_it_refuses_a_mail_address_it_cannot_read(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL") as caught:
        services.mailer(url, Path())
    assert "hunter2" not in str(caught.value)
