"""The inbox has one row for each product and day, and offers to calm a rule that alerts often."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.test import Client

from monitor.models import Alert, AlertRead, Membership, Product, Rule, User, Watchlist
from monitor.pages.alerts import reads
from tests.factories import (
    NOW,
    AlertFactory,
    ChangeFactory,
    MembershipFactory,
    ProductFactory,
    ShopFactory,
    WatchFactory,
    WatchlistFactory,
)
from tests.pages import HTMX

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def product(watchlist: Watchlist) -> Product:
    watched: Product = WatchFactory.create(watchlist=watchlist, product__title="磨毛衬衫").product
    return watched


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


def groups(web: Client, query: str = "") -> list[reads.AlertGroup]:
    return list(web.get(f"/alerts/?{query}").context["page"].object_list)


def text_of(web: Client, address: str = "/alerts/") -> str:
    return " ".join(web.get(address).content.decode().split())


def test_a_product_has_one_row_a_day_with_its_steps_joined(
    web: Client, watchlist: Watchlist, product: Product
) -> None:
    moves(watchlist, product, 5590, 4890, 5100)
    AlertFactory.create(watchlist=watchlist, product=product, created_at=NOW - DAY)
    AlertFactory.create(watchlist=watchlist)
    assert [group.count for group in groups(web)] == [2, 1, 1]
    text = text_of(web)
    assert "¥55.90 → ¥48.90 → ¥51.00" in text
    assert "8.8%" in text
    assert "2 alerts" in text


def test_other_fields_of_the_product_are_in_the_same_row(
    web: Client, watchlist: Watchlist, product: Product
) -> None:
    moves(watchlist, product, 5590, 4890)
    fields = {"watchlist": watchlist, "product": product}
    AlertFactory.create(**fields, field="status", before="on_sale", after="off_shelf")
    AlertFactory.create(**fields, field="sales", before=100, after=250)
    [group] = groups(web)
    assert [steps.newest.field for steps in group.steps] == ["status", "price", "sales"]
    text = text_of(web)
    for expected in ("on sale → off shelf", "¥55.90 → ¥48.90", "150%"):
        assert expected in text, expected


def test_a_change_that_several_rules_report_is_one_step(
    web: Client, watchlist: Watchlist, product: Product
) -> None:
    change = ChangeFactory.create(product=product)
    for _ in range(2):
        AlertFactory.create(watchlist=watchlist, product=product, change=change)
    assert text_of(web).count("¥99.00 → ¥72.00") == 1


def test_a_price_that_came_back_is_no_move_of_nothing(
    web: Client, watchlist: Watchlist, product: Product
) -> None:
    moves(watchlist, product, 5590, 4890, 5590)
    text = text_of(web)
    assert "¥55.90 → ¥48.90 → ¥55.90" in text
    assert "0%" not in text


def test_of_many_steps_the_first_and_the_last_are_shown(
    web: Client, watchlist: Watchlist, product: Product
) -> None:
    moves(watchlist, product, *range(9000, 7900, -100))
    [group] = groups(web)
    assert (group.count, len(group.alerts)) == (10, 1 + reads.LAST)
    assert "¥90.00 → … → ¥81.00 → ¥80.00" in text_of(web)


def test_a_shop_and_an_alert_of_many_products_have_rows_of_their_own(
    web: Client, watchlist: Watchlist
) -> None:
    shop = ShopFactory.create()
    for field in ("service_score", "logistics_score"):
        AlertFactory.create(
            watchlist=watchlist, product=None, shop=shop, field=field, before=490, after=480
        )
    for _ in range(2):
        AlertFactory.create(
            watchlist=watchlist, product=None, field="checks", before=None, after="none", count=3
        )
    assert [group.count for group in groups(web)] == [1, 1, 2]


def test_a_days_group_is_read_and_unread_as_one(
    web: Client, merchant: User, watchlist: Watchlist, product: Product
) -> None:
    newest = moves(watchlist, product, 5590, 4890, 5100)[-1]
    yesterday = AlertFactory.create(watchlist=watchlist, product=product, created_at=NOW - DAY)
    later = AlertFactory.create(
        watchlist=watchlist, product=product
    )  # Came while the page was open.
    web.post("/alerts/read/", {"group": newest.pk})
    assert set(Alert.objects.unread_by(merchant)) == {yesterday, later}
    assert "2 alerts marked as read." in web.get("/alerts/").content.decode()
    web.post("/alerts/unread/?show=all", {"group": newest.pk})
    assert Alert.objects.unread_by(merchant).count() == 4


def test_a_group_is_read_within_the_filters(
    web: Client, merchant: User, watchlist: Watchlist, product: Product
) -> None:
    here = AlertFactory.create(watchlist=watchlist, product=product)
    there = AlertFactory.create(watchlist=WatchlistFactory.create(owner=merchant), product=product)
    web.post(f"/alerts/read/?list={there.watchlist_id}", {"group": there.pk})
    assert AlertRead.objects.get().alert == there
    assert [list(group.alerts) for group in groups(web)] == [[here]]


@pytest.mark.parametrize("group", ["x", "", "9" * 30])
def test_a_group_that_is_none_is_not_found(web: Client, watchlist: Watchlist, group: str) -> None:
    AlertFactory.create(watchlist=watchlist)
    for verb in ("read", "unread"):
        assert web.post(f"/alerts/{verb}/", {"group": group}).status_code == 404
        assert web.post(f"/alerts/{verb}/", {"group": AlertFactory.create().pk}).status_code == 404
    assert not AlertRead.objects.exists()


def test_the_evidence_names_the_earlier_alerts_of_the_day(
    web: Client, watchlist: Watchlist, product: Product
) -> None:
    first, second, third = moves(watchlist, product, 5590, 4890, 5100, 5200)
    AlertFactory.create(watchlist=watchlist, product=product, created_at=NOW - DAY)
    evidence = web.get(f"/alerts/{third.pk}/", headers=HTMX).content.decode()
    assert evidence.index(f"/alerts/{second.pk}/") < evidence.index(f"/alerts/{first.pk}/")
    assert evidence.count("/alerts/") == 2
    assert "Earlier that day" not in web.get(f"/alerts/{first.pk}/", headers=HTMX).content.decode()


def test_pages_are_of_groups_and_none_is_shown_twice(
    web: Client, watchlist: Watchlist, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads, "PAGE", 3)
    products = [ProductFactory.create() for _ in range(7)]
    for minute in range(21):
        at = NOW - timedelta(minutes=minute)
        AlertFactory.create(watchlist=watchlist, product=products[minute % 7], created_at=at)
    pages = [groups(web, f"page={number}") for number in (1, 2, 3)]
    assert [len(shown) for shown in pages] == [3, 3, 1]
    assert [group.newest.product for shown in pages for group in shown] == products
    assert {group.count for shown in pages for group in shown} == {3}


@pytest.fixture(autouse=True)
def _three_are_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reads, "OFTEN", 3)


def talkative(watchlist: Watchlist, alerts: int = 3) -> Rule:
    rule = Rule.objects.create(watchlist=watchlist, kind="price_changed", cooldown=HOUR)
    for _ in range(alerts):
        AlertFactory.create(watchlist=watchlist, rule=rule)
    return rule


def test_a_rule_that_alerts_often_can_be_calmed_and_that_undone(
    web: Client, watchlist: Watchlist
) -> None:
    rule = talkative(watchlist)
    assert f'formaction="/alerts/calm/{rule.pk}/' in web.get("/alerts/").content.decode()
    text = web.post(f"/alerts/calm/{rule.pk}/", headers=HTMX).content.decode()
    assert "“price changes” alerts at most once a day." in text
    assert "/alerts/calm/" not in text
    rule.refresh_from_db()
    assert rule.cooldown == DAY
    text = web.post("/alerts/unread/", {"undo": "1"}, headers=HTMX).content.decode()
    assert "Undone: “price changes” alerts at most once a day." in text
    rule.refresh_from_db()
    assert rule.cooldown == HOUR


def test_rules_that_alert_seldom_or_long_ago_or_are_calm_are_not_offered(
    web: Client, watchlist: Watchlist
) -> None:
    talkative(watchlist, 2)
    Alert.objects.filter(rule=talkative(watchlist)).update(created_at=NOW - 8 * DAY)
    Rule.objects.filter(pk=talkative(watchlist).pk).update(cooldown=DAY)
    Rule.objects.filter(pk=talkative(watchlist).pk).update(is_active=False)
    assert "/alerts/calm/" not in web.get("/alerts/").content.decode()


def test_only_editors_calm_a_rule(merchant: User, watchlist: Watchlist) -> None:
    rule = talkative(watchlist)
    for role, status in ((Membership.Role.VIEWER, 404), (Membership.Role.EDITOR, 302)):
        member = Client()
        member.force_login(MembershipFactory.create(watchlist=watchlist, role=role).user)
        assert ("/alerts/calm/" in member.get("/alerts/").content.decode()) is (status == 302)
        assert member.post(f"/alerts/calm/{rule.pk}/").status_code == status
