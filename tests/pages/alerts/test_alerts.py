"""The inbox: the text of an alert, the filters, and marking as read."""

from datetime import timedelta

import pytest
from django.test import Client

from monitor.models import Alert, AlertRead, User, Watchlist
from tests.factories import (
    NOW,
    AlertFactory,
    ChangeFactory,
    ShopFactory,
    WatchFactory,
    WatchlistFactory,
)
from tests.pages import HTMX

pytestmark = pytest.mark.django_db


def shown(web: Client, query: str = "") -> list[int]:
    groups = web.get(f"/alerts/?{query}").context["page"].object_list
    return [alert.pk for group in groups for alert in group.alerts]


def evidence_of(web: Client, alert: Alert) -> str:
    """Return what a row of the inbox loads when it is opened."""
    return " ".join(web.get(f"/alerts/{alert.pk}/", headers=HTMX).content.decode().split())


def test_it_shows_what_happened_and_the_evidence(web: Client, watchlist: Watchlist) -> None:
    change = ChangeFactory.create(product__title="磨毛衬衫", product__shop__name="Shirts and more")
    alert = AlertFactory.create(
        watchlist=watchlist,
        change=change,
        product=change.product,
        reference=12000,
        rule_as_it_was={"kind": "price_dropped", "threshold": 1000},
        request_id="gw-9",
    )
    text = web.get("/alerts/").content.decode()
    for expected in (
        *(
            "磨毛衬衫",
            "¥120.00 → ¥99.00 → ¥72.00",
            "40%",
            "Today",
            ">11:55</time>",
            f'href="/alerts/{alert.pk}/"',
        ),
    ):
        assert expected in text, expected
    evidence = evidence_of(web, alert)
    for expected in (
        *("price drops ≥ 10%", "Rivals", f'href="/watchlists/{watchlist.pk}/#rules-title"'),
        *("¥99.00 → ¥72.00", "gw-9", "¥120.00", "2026-11-24 11:00", "2026-11-24 12:00"),
    ):
        assert expected in evidence, expected


def test_it_shows_an_alert_of_a_shop_and_of_a_rule_that_was_true_when_made(
    web: Client, watchlist: Watchlist
) -> None:
    shop = ShopFactory.create(name="古蒂歌")
    AlertFactory.create(
        watchlist=watchlist, product=None, shop=shop, field="service_score", before=496, after=480
    )
    alert = AlertFactory.create(
        watchlist=watchlist,
        before=None,
        reference=8000,
        rule_as_it_was={"kind": "price_below", "threshold": 8000},
    )
    text = web.get("/alerts/").content.decode()
    assert "古蒂歌" in text
    assert "4.96 → 4.80" in text
    assert "none: already true when the rule was made" in evidence_of(web, alert)
    assert "price below ¥80.00" in evidence_of(web, alert)


def test_it_shows_how_often_a_rule_fired_again_and_at_which_values(
    web: Client, watchlist: Watchlist
) -> None:
    moments = [
        [(NOW - timedelta(minutes=minutes)).isoformat(), price]
        for minutes, price in ((50, 6300), (20, 7200))
    ]
    alert = AlertFactory.create(
        watchlist=watchlist,
        count=7,
        began_at=NOW - timedelta(hours=3),
        moments=moments,
        rule_as_it_was={"kind": "price_changed", "cooldown": 21600, "is_urgent": True},
    )
    for text in (
        evidence_of(web, alert),
        " ".join(web.get(f"/alerts/{alert.pk}/").content.decode().split()),
    ):
        for expected in (
            "7 times since 2026-11-25 09:00",
            "2026-11-25 11:10 ¥63.00",
            "2026-11-25 11:40 ¥72.00",
        ):
            assert expected in text, expected
        for expected in ("At most one in", "6 h", "mailed immediately, also in quiet hours"):
            assert expected in text, expected
    assert '<span class="mark num">7 times</span>' in web.get("/alerts/").content.decode()


def test_it_shows_one_alert_for_many_products_without_checks(
    web: Client, watchlist: Watchlist
) -> None:
    WatchFactory.create(watchlist=watchlist)
    alert = AlertFactory.create(
        watchlist=watchlist,
        product=None,
        field="checks",
        before=None,
        after="none",
        count=12,
        data_time=NOW - timedelta(hours=6),
        rule_as_it_was={"kind": "silent", "threshold": 6},
    )
    for address in ("/alerts/", f"/alerts/{alert.pk}/"):
        text = web.get(address).content.decode()
        assert "12 products" in text, address
        assert "no longer watched" not in text
    assert "Last success" in text
    assert "already true when the rule was made" not in text
    assert f'href="/products/?list={watchlist.pk}"' in text


@pytest.mark.parametrize(
    ("kind", "field", "after"), [("range_new", "range", "listed"), ("range_best", "best_ten", True)]
)
def test_it_says_the_price_of_a_shops_new_product_once(
    web: Client, watchlist: Watchlist, kind: str, field: str, after: object
) -> None:
    alert = AlertFactory.create(
        watchlist=watchlist,
        rule_as_it_was={"kind": kind, "threshold": None},
        field=field,
        before=None,
        after=after,
        reference=8890,
    )
    page = web.get(f"/alerts/{alert.pk}/").content.decode()
    assert "at ¥88.90" in page
    assert "8890" not in page


def test_it_names_the_users_own_product(web: Client, watchlist: Watchlist) -> None:
    mine = WatchFactory.create(watchlist=watchlist).product
    alert = AlertFactory.create(
        watchlist=watchlist,
        before=None,
        reference=8000,
        rule_as_it_was={
            "kind": "under_mine_by",
            "threshold": 500,
            "own": mine.pk,
            "own_name": "Mine",
        },
    )
    text = web.get(f"/alerts/{alert.pk}/").content.decode()
    assert "<dt>My product</dt>" in text
    assert "price ≥ ¥5.00 under my product" in text
    assert "Mine ¥80.00" in " ".join(text.split())
    assert "none: another condition of the rule came true" in text


def test_an_alert_of_an_unreadable_rule_is_still_shown(web: Client, watchlist: Watchlist) -> None:
    AlertFactory.create(
        watchlist=watchlist, rule_as_it_was={"kind": "of a later version", "threshold": None}
    )
    AlertFactory.create(watchlist=watchlist, rule_as_it_was={})
    assert web.get("/alerts/").status_code == 200


def test_alerts_leave_the_inbox_when_read(
    web: Client, watchlist: Watchlist, merchant: User
) -> None:
    old = AlertFactory.create(watchlist=watchlist, created_at=NOW - timedelta(days=2))
    new = AlertFactory.create(watchlist=watchlist)
    assert shown(web) == [new.pk, old.pk]
    assert web.post("/alerts/read/", {"alert": [old.pk]}).headers["Location"] == "/alerts/"
    assert shown(web) == [new.pk]
    assert shown(web, "show=all") == [new.pk, old.pk]
    assert AlertRead.objects.get().user == merchant


def test_marking_all_shown_alerts_twice_reads_them_once(web: Client, watchlist: Watchlist) -> None:
    alerts = [AlertFactory.create(watchlist=watchlist).pk for _ in range(3)]
    web.post("/alerts/read/?show=all", {"alert": alerts})
    assert (
        web.post("/alerts/read/?show=all", {"alert": alerts}).headers["Location"]
        == "/alerts/?show=all"
    )
    assert AlertRead.objects.count() == 3
    assert "All read" in web.get("/alerts/").content.decode()


def test_it_filters_by_list_and_by_what_happened(
    web: Client, watchlist: Watchlist, merchant: User
) -> None:
    here = AlertFactory.create(watchlist=watchlist)
    other = WatchlistFactory.create(owner=merchant)
    there = AlertFactory.create(
        watchlist=other, field="status", before="on_sale", after="off_shelf"
    )
    silent = AlertFactory.create(
        watchlist=other, field="checks", rule_as_it_was={"kind": "silent", "threshold": 6}
    )
    assert shown(web, f"list={watchlist.pk}") == [here.pk]
    assert [shown(web, f"kind={kind}") for kind in ("price", "status", "checks")] == [
        [here.pk],
        [there.pk],
        [silent.pk],
    ]
    # A link from before, when the filter offered kinds of rules, says that its value is ignored.
    for query in ("kind=price_changed", "kind=nonsense&list=x&show=x"):
        assert set(shown(web, query)) == {here.pk, there.pk, silent.pk}
    assert "price_changed" in web.get("/alerts/?kind=price_changed").content.decode()


@pytest.mark.parametrize("keys", [["abc"], ["-1"], ["9" * 30], ["²"], []])
def test_odd_keys_read_nothing(web: Client, watchlist: Watchlist, keys: list[str]) -> None:
    AlertFactory.create(watchlist=watchlist)
    assert web.post("/alerts/read/", {"alert": keys}).status_code in (302, 404)
    assert not AlertRead.objects.exists()


def test_an_empty_inbox_says_whether_all_are_read(web: Client, watchlist: Watchlist) -> None:
    assert "All read" in web.get("/alerts/").content.decode()
    assert "No alerts yet" in web.get("/alerts/?show=all").content.decode()


def test_a_user_without_products_is_led_to_add_some(web: Client) -> None:
    for address in ("/alerts/", "/alerts/?show=all"):
        page = web.get(address).content.decode()
        assert "No alerts yet" in page
        assert 'href="/products/add/"' in page
