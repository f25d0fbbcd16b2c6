"""Lists, the products on them, adding products, and a watch's target price, note and tags."""

import pytest
from pytest_django.fixtures import Settings

from monitor.judging.rules.kinds import Kind
from monitor.models import Membership, Rule, User, Watch, Watchlist
from monitor.watching.own_values import save_values
from monitor.watching.targets import set_targets
from tests.api import Program, problem_of
from tests.models.factories import (
    NOW,
    AlertFactory,
    MembershipFactory,
    WatchFactory,
    WatchlistFactory,
)

pytestmark = pytest.mark.django_db
ID = "3514453298386183303"


def test_a_program_lists_the_lists(reader: Program, merchant: User, watchlist: Watchlist) -> None:
    watch = WatchFactory.create(watchlist=watchlist)
    AlertFactory.create(watchlist=watchlist, product=watch.product)
    shared = WatchlistFactory.create(name="Shared")
    MembershipFactory.create(watchlist=shared, user=merchant, role=Membership.Role.VIEWER)
    WatchlistFactory.create(name="Not mine")
    rivals, other = reader.get("/watchlists")
    assert rivals == {
        "id": str(watchlist.pk),
        "name": "Rivals",
        "role": "owner",
        "pace": "fixed",
        "interval_seconds": 3600,
        "soonest_seconds": 300,
        "priority": 2,
        "hours_from": None,
        "hours_until": None,
        "is_paused": False,
        "products": 1,
        "unread": 1,
        "created_at": "2026-11-25T04:00:00Z",
    }
    assert (other["name"], other["role"]) == ("Shared", "viewer")
    assert reader.get(f"/watchlists/{watchlist.pk}") == rivals


def test_a_program_makes_a_list(writer: Program, merchant: User, watchlist: Watchlist) -> None:
    checks = {"pace": "fixed", "interval_seconds": 600, "soonest_seconds": 60, "priority": 3}
    ended = {"hours_from": 8, "hours_until": 22}
    made = writer.post("/watchlists", {"name": " Suppliers ", **checks, **ended})
    assert made == writer.get(f"/watchlists/{made['id']}")
    assert made.items() >= {"name": "Suppliers", "role": "owner", "products": 0, **checks}.items()
    assert (
        writer.post("/watchlists", {"name": "Fast", "interval_seconds": 60})["soonest_seconds"]
        == 60
    )
    plain = writer.post("/watchlists", {"name": "Own"})
    usual = {
        "pace": "adaptive",
        "interval_seconds": 86400,
        "soonest_seconds": 300,
        "priority": 2,
        "hours_from": None,
    }
    assert plain.items() >= usual.items()
    assert merchant.watchlists.get(pk=plain["id"]).rules.count() == watchlist.rules.count() > 0


def test_a_program_makes_no_more_lists_than_its_user_may_have(
    writer: Program, watchlist: Watchlist, settings: Settings
) -> None:
    WatchlistFactory.create()  # Alone, a merchant has no limits.
    settings.PERSON_LISTS = 1
    problem = problem_of(writer.send("POST", "/watchlists", {"name": "Suppliers"}), 409)
    assert (problem["limit"], problem["most"], problem["left"]) == ("lists", 1, 0)


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"name": "ＲIVALS"}, "name"),
        ({"name": "evil.com"}, "name"),
        ({"interval_seconds": 59}, "interval_seconds"),
        ({"interval_seconds": 60, "soonest_seconds": 61}, "soonest_seconds"),
        ({"pace": "often"}, "pace"),
    ],
)
def test_a_list_that_may_not_be_is_not_made(
    writer: Program, watchlist: Watchlist, values: dict[str, object], where: str
) -> None:
    response = writer.send("POST", "/watchlists", {"name": "Suppliers", **values})
    assert problem_of(response, 422)["errors"][0]["where"] == f"body.{where}"
    assert Watchlist.objects.count() == 1


def test_a_program_reads_the_products_on_a_list(reader: Program, watchlist: Watchlist) -> None:
    watch = WatchFactory.create(watchlist=watchlist, note="Best seller")
    watch.tags.create(name="summer")
    save_values({watch.pk: {"target": 6900, "cost": 5400, "profit": 1000}}, NOW)
    [row] = reader.get(f"/watchlists/{watchlist.pk}/watches")["items"]
    assert (row["note"], row["tags"], row["target_price"]) == ("Best seller", ["summer"], 6900)
    assert (row["cost"], row["profit"], row["floor_price"], row["margin"]) == (
        5400,
        1000,
        6400,
        2500,
    )
    assert row["product"]["num_iid"] == watch.product.num_iid
    assert (row["product"]["price"], row["product"]["currency"]) == (7200, "CNY")
    assert row["interval_seconds"] is None
    assert reader.get(f"/watchlists/{watchlist.pk}/watches/{watch.product.num_iid}") == row


def test_a_program_adds_products(writer: Program, watchlist: Watchlist) -> None:
    there = WatchFactory.create(watchlist=watchlist).product.num_iid
    lines = [f"https://haohuo.jinritemai.com/views/product/item2?id={ID}", there, ID, "no product"]
    answer = writer.post(f"/watchlists/{watchlist.pk}/products", {"products": lines})
    assert (answer["added"], answer["watched"]) == ([ID], [there])
    [problem] = answer["problems"]
    assert (problem["line"], problem["text"], problem["problem"]) == (
        4,
        "no product",
        "not_understood",
    )
    assert problem["words"] == "no product link or ID found"
    assert Watch.objects.filter(watchlist=watchlist, product__num_iid=ID).count() == 1
    again = writer.post(f"/watchlists/{watchlist.pk}/products", {"products": [ID]})
    assert (again["added"], again["watched"]) == ([], [ID])


def test_a_program_adds_no_more_than_its_user_may_have(
    writer: Program, watchlist: Watchlist, settings: Settings
) -> None:
    WatchlistFactory.create()  # Alone, a merchant has no limits.
    settings.PERSON_PRODUCTS = 1
    response = writer.send(
        "POST", f"/watchlists/{watchlist.pk}/products", {"products": [ID, f"{ID[:-1]}4"]}
    )
    problem = problem_of(response, 409)
    assert (problem["limit"], problem["most"], problem["left"]) == ("products", 1, 1)
    assert not watchlist.watches.exists()


def test_a_program_sets_a_target_price_a_cost_a_note_and_tags(
    writer: Program, watchlist: Watchlist
) -> None:
    watch = WatchFactory.create(watchlist=watchlist)
    path = f"/watchlists/{watchlist.pk}/watches/{watch.product.num_iid}"
    words = {
        "target_price": 6900,
        "cost": 8000,
        "note": "Best seller",
        "tags": ["summer", "summer", "new"],
    }
    row = writer.send("PATCH", path, words).json()
    assert (row["target_price"], row["note"], row["tags"]) == (
        6900,
        "Best seller",
        ["summer", "new"],
    )
    assert (row["cost"], row["profit"], row["floor_price"], row["margin"]) == (
        8000,
        None,
        None,
        -1111,
    )
    assert Rule.objects.filter(watch=watch, kind=Kind.PRICE_BELOW.value, threshold=6900).exists()
    # What is not sent stays.
    row = writer.send("PATCH", path, {"target_price": None, "cost": None}).json()
    assert (row["target_price"], row["cost"], row["margin"]) == (None, None, None)
    assert (row["note"], row["tags"]) == ("Best seller", ["summer", "new"])
    row = writer.send("PATCH", path, {"tags": []}).json()
    assert (row["note"], row["tags"]) == ("Best seller", [])


def test_a_program_takes_a_product_off_a_list(
    writer: Program, merchant: User, watchlist: Watchlist
) -> None:
    watch = WatchFactory.create(watchlist=watchlist)
    other = WatchFactory.create(watchlist__owner=merchant, product=watch.product)
    set_targets({watch.pk: 6900}, NOW)
    path = f"/watchlists/{watchlist.pk}/watches/{watch.product.num_iid}"
    response = writer.send("DELETE", path)
    assert (response.status_code, response.content) == (204, b"")
    assert list(Watch.objects.all()) == [other]
    assert not Rule.objects.filter(watch__isnull=False).exists()
    for method in ("DELETE", "GET"):
        problem_of(writer.send(method, path), 404)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"target_price": 0}, "body.target_price"),
        ({"target_price": "12"}, "body.target_price"),
        ({"note": "x" * 201}, "body.note"),
        ({"tags": ["two words"]}, "body.tags.0"),
        ({"tags": ["hot", "\u200b"]}, "body.tags.1"),
        ({"tags": [str(number) for number in range(11)]}, "body.tags"),
        ({"title": "Mine"}, "body.title"),
    ],
)
def test_a_bad_value_is_named(
    writer: Program, watchlist: Watchlist, body: dict[str, object], where: str
) -> None:
    watch = WatchFactory.create(watchlist=watchlist)
    response = writer.send(
        "PATCH", f"/watchlists/{watchlist.pk}/watches/{watch.product.num_iid}", body
    )
    [fault] = problem_of(response, 422)["errors"]
    assert fault["where"] == where
