"""While the database's disk is nearly full, no paid call is made whose result could not be written."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.backends.signals import connection_created

from monitor import checking
from monitor.checking import backlog
from monitor.models import Alert, FailedWrite, Product, Snapshot
from monitor.recording import disk
from tests.checking.due import wakes_nobody
from tests.checking.shop import HOUR, Shop
from tests.servers import ProviderServer

is_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL's disk cannot be seen.")
#: This many products with the longest titles need more room than `full_disk` leaves.
MANY = 60
LONG = "长" * 500


class Disk(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Sets how many bytes are free on every disk."""
    left = {"bytes": 10**12}
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Disk(10**12, 10**12 - left["bytes"], left["bytes"]))
    return left


@contextmanager
def full_disk() -> Iterator[None]:
    """The database accepts small writes, but reports a full disk for large ones."""
    sqlite = connection.vendor == "sqlite"
    with _full_sqlite() if sqlite else _full_postgresql():
        yield


@contextmanager
def _full_sqlite() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        [pages] = cursor.execute("PRAGMA page_count").fetchone()

    def limit(pages: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA max_page_count = {pages}")

    def limit_anew(**_sent: Any) -> None:
        limit(pages + 20)

    limit(pages + 20)
    connection_created.connect(limit_anew)
    try:
        yield
    finally:
        connection_created.disconnect(limit_anew)
        limit(2**30)


@contextmanager
def _full_postgresql() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER refuse_snapshots BEFORE INSERT ON monitor_snapshot FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
        cursor.execute(
            "CREATE TRIGGER refuse_proofs BEFORE UPDATE ON monitor_failedwrite FOR EACH ROW"
            " WHEN (length(NEW.proof) > 100000) EXECUTE FUNCTION refuse()"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION refuse() CASCADE")


@is_sqlite
@pytest.mark.django_db
def test_it_makes_no_call_while_the_disk_is_nearly_full_and_goes_on_by_itself(
    provider: ProviderServer, free: dict[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    shop = Shop(provider, products=3)
    shop.now += 2 * HOUR
    for left in (0, 120_000, 500_000, 1_000_000):
        free["bytes"] = left
        checking.work_off(wakes_nobody, shop.clock)
        assert "disk is nearly full" in caplog.text
        assert list(checking.check_due(shop.clock)) == []
        assert shop.check() == {}
    assert provider.calls == []
    free["bytes"] = 10_000_000
    checking.work_off(wakes_nobody, shop.clock)
    assert len(provider.calls) == 3


@is_sqlite
@pytest.mark.django_db
def test_a_batch_has_only_products_for_which_there_is_room(
    provider: ProviderServer, free: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(provider, products=MANY)
    free["bytes"] = 1_500_000
    shop.now += 2 * HOUR
    monkeypatch.setattr(backlog, "CONTINUE_SECONDS", 0.0)
    checking.work_off(wakes_nobody, shop.clock)
    assert 0 < len(provider.calls) < MANY / 2


@is_sqlite
@pytest.mark.django_db
@pytest.mark.parametrize("which", [("--all",), ("--due",), ("3514453298386183303",)])
def test_the_command_says_in_one_line_that_the_disk_is_full(
    provider: ProviderServer, free: dict[str, int], which: tuple[str, ...]
) -> None:
    Shop(provider)
    free["bytes"] = 300_000
    with pytest.raises(CommandError, match="disk is nearly full: no paid call is made"):
        call_command("check_products", *which)
    assert provider.calls == []


@pytest.mark.django_db(transaction=True)
def test_after_a_write_that_failed_no_call_is_made_until_one_of_its_size_succeeds(provider: ProviderServer) -> None:
    shop = Shop(provider, products=MANY)
    provider.default = shop.tells(name=LONG)
    with full_disk():
        with pytest.raises(disk.NoRoom):
            shop.check()
        paid = len(provider.calls)
        assert paid == MANY
        for _ in range(3):
            shop.now += HOUR
            assert shop.check() == {}
            checking.work_off(wakes_nobody, shop.clock)
            with pytest.raises(CommandError, match="nearly full"):
                call_command("check_products", "--all")
        assert len(provider.calls) == paid
        assert (Snapshot.objects.count(), Alert.objects.count()) == (MANY, 0)
    shop.now += HOUR
    assert len(shop.check()) == MANY
    assert Snapshot.objects.count() == 2 * MANY
    assert not FailedWrite.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_cannot_be_written_ends_the_task_and_is_checked_again_later(
    provider: ProviderServer,
) -> None:
    shop = Shop(provider, products=MANY)
    provider.default = shop.tells(name=LONG)
    shop.now += 2 * HOUR
    with full_disk():
        checking.work_off(wakes_nobody, shop.clock)
        checking.work_off(wakes_nobody, shop.clock)
        assert len(provider.calls) == MANY
    shop.now += HOUR
    checking.work_off(wakes_nobody, shop.clock)
    assert len(provider.calls) == 2 * MANY
    assert set(Product.objects.values_list("title", flat=True)) == {LONG}


@pytest.mark.django_db(transaction=True)
def test_the_command_says_in_one_line_that_its_batch_could_not_be_written(provider: ProviderServer) -> None:
    shop = Shop(provider, products=MANY)
    provider.default = shop.tells(name=LONG)
    shop.now += HOUR
    with full_disk(), pytest.raises(CommandError, match="disk is nearly full"):
        call_command("check_products", "--all")
