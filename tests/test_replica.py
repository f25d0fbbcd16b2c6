"""Pages and the API read from a replica that lags behind, and a user still sees what they wrote."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import time_machine
from django.core.exceptions import ImproperlyConfigured
from django.db import Error, connection, connections
from django.test import Client, override_settings
from django.utils import timezone
from psycopg import sql

from config import services
from monitor import replica, throttle
from monitor.accounts.api_tokens import make_token
from monitor.models import ApiToken, Session, User, Watchlist
from monitor.watchlists.services import create_watchlist

pytestmark = pytest.mark.django_db(transaction=True)
BEHIND = timedelta(seconds=replica.BEHIND_SECONDS + 1)


@pytest.fixture
def merchant() -> User:
    merchant = User.objects.create_user("merchant@example.com", "a-password")
    create_watchlist(merchant, "first-list")
    return merchant


@pytest.fixture
def web(merchant: User, client: Client) -> Client:
    client.force_login(merchant)
    return client


@pytest.fixture
def program(merchant: User, client: Client) -> Client:
    now = timezone.now()
    scope = ApiToken.Scope.WRITE
    _, token = make_token(merchant, "ERP", timedelta(days=1), now, scope=scope, watchlist=None)
    return Client(headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def stale(web: Client, program: Client, tmp_path: Path) -> Iterator[None]:
    """A second database, which stays as it is now."""
    database = connection.settings_dict
    connection.close()
    copy = _postgres_copy if connection.vendor == "postgresql" else _sqlite_copy
    with (
        copy(database["NAME"], tmp_path) as name,
        override_settings(DATABASE_ROUTERS=["monitor.replica.Router"]),
    ):
        connections.settings[replica.ALIAS] = database | {"NAME": name}
        # Connections that tests do not know at their start may not be opened later.
        connections[replica.ALIAS].connect()
        replica._rests_until = 0.0
        yield
        connections[replica.ALIAS].close()
        del connections[replica.ALIAS], connections.settings[replica.ALIAS]


@contextmanager
def _sqlite_copy(name: str, folder: Path) -> Iterator[str]:
    yield str(shutil.copy(name, folder / "replica.sqlite3"))


@contextmanager
def _postgres_copy(name: str, _folder: Path) -> Iterator[str]:
    given = connection.settings_dict
    names = {"copy": sql.Identifier(f"{name}_replica"), "name": sql.Identifier(name)}
    server = {
        "host": given["HOST"],
        "port": given["PORT"] or None,
        "user": given["USER"],
        "password": given["PASSWORD"],
    }
    with psycopg.connect(dbname="postgres", autocommit=True, **server) as postgres:
        postgres.execute(sql.SQL("CREATE DATABASE {copy} TEMPLATE {name}").format(**names))
        try:
            yield f"{name}_replica"
        finally:
            postgres.execute(sql.SQL("DROP DATABASE {copy} WITH (FORCE)").format(**names))


def lists(client: Client) -> set[str]:
    """Return which of the lists of this test the page or the API shows."""
    address = "/api/v1/watchlists" if "HTTP_AUTHORIZATION" in client.defaults else "/watchlists/"
    text = client.get(address).content.decode()
    return {name for name in ("first", "second") if f"{name}-list" in text}


def write(client: Client, name: str) -> None:
    form: dict[str, Any] = {"name": name, "interval": "3600", "priority": "2"}
    if "HTTP_AUTHORIZATION" in client.defaults:
        assert (
            client.post("/api/v1/watchlists", {"name": name}, "application/json").status_code == 201
        )
    else:
        assert client.post("/watchlists/", form).status_code == 302


@pytest.mark.usefixtures("stale")
def test_pages_and_the_api_read_from_the_replica(
    merchant: User, web: Client, program: Client
) -> None:
    create_watchlist(merchant, "second-list")
    assert lists(web) == lists(program) == {"first"}
    assert {watchlist.name for watchlist in Watchlist.objects.all()} == {
        "first-list",
        "second-list",
    }


@pytest.mark.usefixtures("stale")
@pytest.mark.parametrize("by_program", [False, True])
def test_a_user_sees_at_once_what_they_wrote(
    web: Client, program: Client, by_program: bool
) -> None:
    write(program if by_program else web, "second-list")
    assert lists(web) == lists(program) == {"first", "second"}
    with time_machine.travel(timezone.now() + BEHIND):
        assert lists(web) == lists(program) == {"first"}


@pytest.mark.usefixtures("stale")
def test_what_a_page_writes_goes_to_the_primary(web: Client) -> None:
    before = Session.objects.using(replica.ALIAS).get().seen_at
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        assert lists(web) == {"first"}
    assert (
        Session.objects.using(replica.ALIAS).get().seen_at == before < Session.objects.get().seen_at
    )


@pytest.mark.usefixtures("stale")
def test_a_page_reads_what_it_has_just_written(merchant: User) -> None:
    limit, now = throttle.Limit("downloads", burst=2, every=timedelta(minutes=2)), timezone.now()
    with replica.request():
        replica.read(None, now)
        assert [bool(throttle.take(limit, "a user", now)) for _ in range(3)] == [False, False, True]


@pytest.mark.usefixtures("stale")
def test_the_primary_answers_while_the_replica_is_behind(
    web: Client, merchant: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    create_watchlist(merchant, "second-list")
    monkeypatch.setattr(replica, "_seconds_behind", lambda: replica.BEHIND_SECONDS + 1)
    assert lists(web) == {"first", "second"}
    assert "too far behind" in caplog.text
    monkeypatch.undo()
    replica._rests_until = 0.0
    assert lists(web) == {"first"}


@pytest.mark.usefixtures("stale")
def test_the_primary_answers_while_the_replica_does_not(
    merchant: User, web: Client, program: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_watchlist(merchant, "second-list")
    down = connections[replica.ALIAS]
    asked = []

    def refuse() -> None:
        asked.append(True)
        raise Error("down")

    with monkeypatch.context() as patch:
        patch.setattr(down, "cursor", refuse)
        assert lists(web) == lists(program) == {"first", "second"}
        assert len(asked) == 1
    assert lists(web) == {"first", "second"}
    replica._rests_until = 0.0
    assert lists(web) == {"first"}


def test_only_a_replica_of_postgres_can_be_set() -> None:
    primary = services.database("postgres://me@localhost/stall", Path())
    options = services.replica("postgres://me@replica/stall", primary)["OPTIONS"]
    assert "default_transaction_read_only=on" in options["options"]
    with pytest.raises(ImproperlyConfigured, match="DATABASE_REPLICA_URL is for PostgreSQL"):
        services.replica("sqlite:///var/x.sqlite3", primary)
    with pytest.raises(ImproperlyConfigured, match="DATABASE_REPLICA_URL cannot be read"):
        services.replica("what", primary)
