"""The inbox has one row for each product and day, and offers to calm a rule that alerts often."""

from datetime import timedelta
from itertools import pairwise

import pytest

from monitor.models import Alert, AlertRead, Product, User, Watchlist
from monitor.pages.alerts import reads
from tests.models.factories import (
    NOW,
    AlertFactory,
    ChangeFactory,
    ProductFactory,
    WatchFactory,
    WatchlistFactory,
)
from tests.pages import Browser

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def product(watchlist: Watchlist) -> Product:
    return WatchFactory.create(watchlist=watchlist, product__title="磨毛衬衫").product


def moves(watchlist: Watchlist, product: Product, *prices: int) -> list[Alert]:
    """Return an alert an hour for each price after the first; the last one is of now."""
    steps = list(pairwise(prices))
    fields = {"watchlist": watchlist, "product": product}
    return [
        AlertFactory.create(
            **fields, before=before, after=after, created_at=NOW - HOUR * (len(steps) - number - 1)
        )
        for number, (before, after) in enumerate(steps)
    ]


def groups(web: Browser, query: str = "") -> list[reads.AlertGroup]:
    return list(web.get(f"/alerts/?{query}").context["page"].object_list)


def test_a_product_has_one_row_a_day_with_its_steps_joined(
    web: Browser, watchlist: Watchlist, product: Product
) -> None:
    fields = {"watchlist": watchlist, "product": product}
    moves(watchlist, product, 5590, 4890, 5100)
    AlertFactory.create(**fields, field="status", before="on_sale", after="off_shelf")
    AlertFactory.create(**fields, created_at=NOW - DAY)
    AlertFactory.create(watchlist=watchlist)
    assert sorted(group.count for group in groups(web)) == [1, 1, 3]
    text = web.page("/alerts/")
    for shown in ("¥55.90 → ¥48.90 → ¥51.00", "8.8%", "on sale → off shelf", "3 alerts"):
        assert shown in text, shown


def test_steps_tell_each_change_once_and_a_long_way_by_its_ends(
    web: Browser, watchlist: Watchlist, product: Product
) -> None:
    change = ChangeFactory.create(product=product, before=9000, after=8900)
    for _rule in range(2):
        AlertFactory.create(
            watchlist=watchlist, product=product, change=change, before=9000, after=8900
        )
    assert web.page("/alerts/").count("¥90.00 → ¥89.00") == 1
    Alert.objects.all().delete()
    moves(watchlist, product, 5590, 4890, 5590)
    text = web.page("/alerts/")
    assert "¥55.90 → ¥48.90 → ¥55.90" in text
    assert "0%" not in text
    Alert.objects.all().delete()
    moves(watchlist, product, *range(9000, 7900, -100))
    [group] = groups(web)
    assert (group.count, len(group.alerts)) == (10, 1 + reads.LAST)
    assert "¥90.00 → … → ¥81.00 → ¥80.00" in web.page("/alerts/")


def test_a_days_group_is_read_and_unread_as_one_within_the_filters(
    web: Browser, merchant: User, watchlist: Watchlist, product: Product
) -> None:
    there = AlertFactory.create(watchlist=WatchlistFactory.create(owner=merchant), product=product)
    newest = moves(watchlist, product, 5590, 4890, 5100)[-1]
    yesterday = AlertFactory.create(watchlist=watchlist, product=product, created_at=NOW - DAY)
    later = AlertFactory.create(watchlist=watchlist, product=product)
    web.post(f"/alerts/read/?list={watchlist.pk}", {"group": newest.pk})
    assert set(Alert.objects.unread_by(merchant)) == {yesterday, later, there}, (
        "What came while the page was open stays unread."
    )
    assert "2 alerts marked as read." in web.page("/alerts/")
    web.post("/alerts/unread/?show=all", {"group": newest.pk})
    assert not AlertRead.objects.exists()


def test_the_evidence_names_the_earlier_alerts_of_the_day(
    web: Browser, watchlist: Watchlist, product: Product
) -> None:
    first, second, third = moves(watchlist, product, 5590, 4890, 5100, 5200)
    AlertFactory.create(watchlist=watchlist, product=product, created_at=NOW - DAY)
    evidence = web.region(f"/alerts/{third.pk}/")
    assert evidence.index(f"/alerts/{second.pk}/") < evidence.index(f"/alerts/{first.pk}/")
    assert evidence.count("/alerts/") == 2
    assert "Earlier that day" not in web.region(f"/alerts/{first.pk}/")


def test_pages_are_of_groups_and_none_is_shown_twice(
    web: Browser, watchlist: Watchlist, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads, "PAGE", 3)
    products = ProductFactory.create_batch(7)
    for minute in range(21):
        at = NOW - timedelta(minutes=minute)
        AlertFactory.create(watchlist=watchlist, product=products[minute % 7], created_at=at)
    pages = [groups(web, f"page={number}") for number in (1, 2, 3)]
    assert [len(shown) for shown in pages] == [3, 3, 1]
    assert [group.newest.product for shown in pages for group in shown] == products
    assert {group.count for shown in pages for group in shown} == {3}
