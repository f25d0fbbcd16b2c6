"""After a write that failed because the database's disk is full, calls rest: at most one batch is
paid and lost."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.backends.signals import connection_created

import manage
from monitor.models import Alert, Product, ProviderAccount, Snapshot
from monitor.polling import checking
from monitor.polling.budget import ledger
from monitor.provider.codes import Action
from monitor.provider.errors import ApiError
from tests.polling.checking.due import check_due, wakes_nobody
from tests.polling.checking.shop import HOUR, Shop
from tests.polling.story import START
from tests.provider.servers import ProviderServer

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 30
MINUTE = timedelta(minutes=1)
LONG = "长" * 500
PICTURES = [{"url": f"https://p3.douyinpic.com/{number}/{'x' * 400}.jpg"} for number in range(50)]


@contextmanager
def full_disk(room: int = 0) -> Iterator[None]:
    """Let the database report a full disk for what needs room: on SQLite its file may not grow, on
    PostgreSQL no statement may add more than `room` snapshots."""
    with _full_sqlite() if connection.vendor == "sqlite" else _full_postgresql(room):
        yield


@contextmanager
def _full_sqlite() -> Iterator[None]:
    def limit(pages: int = 1, **_sent: Any) -> None:
        """Limit the file to `pages`, or to its present size if that is larger."""
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA max_page_count = {pages}")

    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
    # The pages are packed now. Claims find room in them, as in a database that has been used.
    for claim in (uuid.uuid4(), None):
        Product.objects.update(claim=claim, claimed_until=claim and START)
    limit()
    connection_created.connect(limit)
    try:
        yield
    finally:
        connection_created.disconnect(limit)
        limit(2**30)


@contextmanager
def _full_postgresql(room: int) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN IF (SELECT count(*) FROM added) > {room} THEN"
            " RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END IF; "
            "RETURN NULL; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER refuse_snapshots AFTER INSERT ON monitor_snapshot REFERENCING NEW "
            "TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION refuse()"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION refuse() CASCADE")


@pytest.fixture
def shop(provider: ProviderServer) -> Shop:
    """Each product has been checked once, and is due; each check adds a snapshot."""
    shop = Shop(provider, products=MANY)
    provider.default = shop.tells(name=LONG, item_imgs=PICTURES)
    shop.now += 2 * HOUR
    return shop


def calls_of_a_tick(shop: Shop, after: timedelta = MINUTE) -> int:
    shop.now += after
    before = len(shop.provider.calls)
    checking.work_off(wakes_nobody, shop.clock)
    return len(shop.provider.calls) - before


def test_one_batch_is_lost_and_one_call_a_minute_is_tried_until_there_is_room(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    with full_disk():
        assert calls_of_a_tick(shop) == MANY
        assert "disk is full" in caplog.text
        assert calls_of_a_tick(shop, MINUTE / 2) == 0
        assert [calls_of_a_tick(shop) for _ in range(5)] == [1] * 5
        assert (Snapshot.objects.count(), Alert.objects.count()) == (MANY, 0)
        assert ProviderAccount.objects.get().circuit_code == ledger.NO_ROOM
    assert ledger.reserve(MANY, shop.now).calls == 0
    trials = [calls_of_a_tick(shop, MINUTE if number == 0 else MINUTE / 6) for number in range(5)]
    assert trials == [1, 2, 4, 8, 15]
    assert set(Product.objects.values_list("title", flat=True)) == {LONG}
    assert Snapshot.objects.count() == 2 * MANY
    for _ in range(4):
        Product.objects.update(next_check_at=shop.now)
        calls_of_a_tick(shop)
    assert not ProviderAccount.objects.get().circuit_is_open
    assert calls_of_a_tick(shop, HOUR) == MANY


@pytest.mark.postgres
def test_where_few_find_room_no_second_batch_is_lost(shop: Shop) -> None:
    """A trial that doubles each time loses no more than is recorded."""
    with full_disk(room=5):
        assert [calls_of_a_tick(shop) for _ in range(5)] == [MANY, 1, 2, 4, 8]
        assert Snapshot.objects.count() == MANY + 7
        assert calls_of_a_tick(shop, MINUTE / 2) == 0
        assert calls_of_a_tick(shop) == 1


def test_a_command_says_so_in_one_line(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manage, "execute_from_command_line", lambda _argv: check_due(shop.clock))
    with full_disk(), pytest.raises(SystemExit, match="The disk is full"):
        manage.main()


def test_the_providers_reason_goes_before_a_full_disk(shop: Shop) -> None:
    ledger.rest_for_room(shop.now)
    assert ledger.open_circuit(ApiError("no money", code="4016", action=Action.STOP), shop.now)
    ledger.rest_for_room(shop.now)
    assert ProviderAccount.objects.get().circuit_code == "4016"
    assert calls_of_a_tick(shop, HOUR + MINUTE) == 1
    assert not ProviderAccount.objects.get().circuit_is_open
