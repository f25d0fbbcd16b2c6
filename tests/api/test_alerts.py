"""Alerts with the filters of the inbox, their evidence, and marking them as read."""

from datetime import timedelta

import pytest

from monitor.models import AlertRead, Membership, Product, User, Watchlist
from tests.api import Program, problem_of
from tests.models.factories import (
    NOW,
    AlertFactory,
    ChangeFactory,
    MembershipFactory,
    ProductFactory,
    SnapshotFactory,
    UserFactory,
    WatchFactory,
    WatchlistFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def product(watchlist: Watchlist) -> Product:
    return WatchFactory.create(watchlist=watchlist).product


def test_a_program_reads_the_alerts(
    reader: Program, watchlist: Watchlist, product: Product
) -> None:
    alert = AlertFactory.create(watchlist=watchlist, product=product)
    AlertFactory.create()  # A stranger's.
    [row] = reader.get("/alerts")["items"]
    assert row == {
        "id": str(alert.pk),
        "watchlist": str(watchlist.pk),
        "rule": None,
        "kind": "price_changed",
        "product": product.num_iid,
        "title": product.title,
        "shop": None,
        "field": "price",
        "before": 9900,
        "after": 7200,
        "reference": None,
        "counted_from": 9900,
        "reason": "",
        "currency": "CNY",
        "count": 1,
        "data_time": "2026-11-25T03:55:00Z",
        "created_at": "2026-11-25T03:55:00Z",
        "is_read": False,
        "is_urgent": False,
        "rule_text": "price changes",
    }


def test_alerts_are_filtered_as_in_the_inbox(
    reader: Program, merchant: User, watchlist: Watchlist, product: Product
) -> None:
    price = AlertFactory.create(watchlist=watchlist, product=product)
    status = AlertFactory.create(
        watchlist=WatchlistFactory.create(owner=merchant),
        rule_as_it_was={"kind": "left_shelf"},
        created_at=NOW - timedelta(days=2),
    )
    AlertRead.objects.create(alert=price, user=merchant)

    def matching(**query: object) -> list[str]:
        return [row["id"] for row in reader.get("/alerts", **query)["items"]]

    assert matching() == [str(price.pk), str(status.pk)]
    assert matching(unread=True) == [str(status.pk)]
    assert matching(watchlist=watchlist.pk) == [str(price.pk)]
    assert matching(kind="left_shelf") == [str(status.pk)]
    assert matching(product=product.num_iid) == [str(price.pk)]
    assert matching(since="2026-11-24T00:00:00Z") == [str(price.pk)]
    problem_of(reader.send("GET", "/alerts", kind="guessed"), 422)


def test_an_alert_comes_with_its_evidence(
    reader: Program, watchlist: Watchlist, product: Product
) -> None:
    change = ChangeFactory.create(product=product)
    SnapshotFactory.create(product=product, data_time=change.first_seen_after, request_id="gw-7")
    alert = AlertFactory.create(
        watchlist=watchlist,
        product=product,
        change=change,
        data_time=change.first_seen_after,
        rule_as_it_was={
            "kind": "price_dropped",
            "threshold": 500,
            "also": [{"kind": "sales_above", "threshold": 9}],
        },
        count=2,
        began_at=NOW - timedelta(hours=2),
        moments=[["2026-11-25T03:00:00+00:00", 7500], ["2026-11-25T03:55:00+00:00", 7200]],
    )
    row = reader.get(f"/alerts/{alert.pk}")
    assert row["request_id"] == "gw-1"
    assert (row["change"]["last_seen_before"], row["change"]["first_seen_after"]) == (
        "2026-11-24T03:00:00Z",
        "2026-11-24T04:00:00Z",
    )
    assert (row["snapshot"]["price"], row["snapshot"]["request_id"]) == (7200, "gw-7")
    assert row["rule_as_it_was"] == {
        "kind": "price_dropped",
        "threshold": 500,
        "days": None,
        "also": [{"kind": "sales_above", "threshold": 9, "days": None}],
    }
    assert row["firings"][0] == {"at": "2026-11-25T03:00:00Z", "value": 7500}


def test_an_alert_of_many_products_and_one_of_a_shop_are_told(
    reader: Program, watchlist: Watchlist, product: Product
) -> None:
    AlertFactory.create(watchlist=watchlist, product=None, field="checks", before=None, after=None)
    AlertFactory.create(watchlist=watchlist, product=None, shop=product.shop, field="product_score")
    of_shop, of_many = reader.get("/alerts")["items"]
    assert (of_shop["product"], of_shop["shop"]) == (None, str(product.shop_id))
    assert (of_many["product"], of_many["shop"]) == (None, None)
    for row in (of_shop, of_many):
        assert reader.get(f"/alerts/{row['id']}")["snapshot"] is None


def test_an_own_product_of_another_list_is_not_told(
    merchant: User, watchlist: Watchlist, product: Product
) -> None:
    mine = ProductFactory.create(title="My own shirt")
    WatchFactory.create(watchlist__owner=merchant, product=mine)
    rule = {"kind": "under_mine", "threshold": 500, "own": mine.pk, "own_name": "My own shirt"}
    alert = AlertFactory.create(
        watchlist=watchlist, product=product, rule_as_it_was=rule, reference=8000
    )
    row = Program.of(merchant).get(f"/alerts/{alert.pk}")
    assert row["reference"] == 8000
    assert row["rule_text"] == "price ≥ 5% under my product"
    response = Program.of(merchant, watchlist=watchlist).send("GET", f"/alerts/{alert.pk}")
    assert response.json()["reference"] is None
    assert "My own shirt" not in response.content.decode()
    colleague = UserFactory.create()
    MembershipFactory.create(watchlist=watchlist, user=colleague, role=Membership.Role.VIEWER)
    assert (
        "My own shirt"
        not in Program.of(colleague).send("GET", f"/alerts/{alert.pk}").content.decode()
    )


def test_a_program_marks_alerts_as_read(
    writer: Program, merchant: User, watchlist: Watchlist
) -> None:
    first, second, third = (AlertFactory.create(watchlist=watchlist) for _ in range(3))
    stranger = AlertFactory.create()
    assert writer.post("/alerts/read", {"ids": [str(first.pk), str(stranger.pk)]}) == {"read": 1}
    assert writer.post("/alerts/read", {"ids": [str(first.pk)]}) == {"read": 0}
    assert second.product is not None
    body = {"all": True, "product": second.product.num_iid}
    assert writer.post("/alerts/read", body) == {"read": 1}
    assert [row["id"] for row in writer.get("/alerts", unread=True)["items"]] == [str(third.pk)]
    assert not AlertRead.objects.filter(alert=stranger).exists()
    for body in ({}, {"all": True, "ids": ["1"]}):
        problem_of(writer.send("POST", "/alerts/read", body), 422)
