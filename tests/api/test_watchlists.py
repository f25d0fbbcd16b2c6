"""Lists, the products on them, adding products, and a watch's target price, note and tags."""

import pytest
from pytest_django.fixtures import Settings

from monitor.models import Membership, Rule, User, Watch, Watchlist
from monitor.rules.kinds import Kind
from monitor.watchlists.targets import set_targets
from tests.api import Program, problem_of
from tests.factories import NOW, AlertFactory, MembershipFactory, ProductFactory, WatchFactory, WatchlistFactory

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


def test_a_program_reads_the_products_on_a_list(reader: Program, watchlist: Watchlist) -> None:
    watch = WatchFactory.create(watchlist=watchlist, note="Best seller")
    watch.tags.create(name="summer")
    set_targets({watch.pk: 6900}, NOW)
    [row] = reader.get(f"/watchlists/{watchlist.pk}/watches")["items"]
    assert (row["note"], row["tags"], row["target_prices"]) == ("Best seller", ["summer"], [6900])
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
    assert (problem["line"], problem["text"], problem["problem"]) == (4, "no product", "not_understood")
    assert problem["words"] == "no product link or ID found"
    assert Watch.objects.filter(watchlist=watchlist, product__num_iid=ID).count() == 1
    again = writer.post(f"/watchlists/{watchlist.pk}/products", {"products": [ID]})
    assert (again["added"], again["watched"]) == ([], [ID])


def test_a_program_adds_products_of_other_lists_too(writer: Program, merchant: User, watchlist: Watchlist) -> None:
    elsewhere = WatchFactory.create(watchlist__owner=merchant).product.num_iid
    answer = writer.post(f"/watchlists/{watchlist.pk}/products", {"products": [elsewhere]})
    assert answer == {"added": [elsewhere], "watched": [], "problems": []}


def test_a_program_adds_no_more_than_its_user_may_have(
    writer: Program, watchlist: Watchlist, settings: Settings
) -> None:
    WatchlistFactory.create()  # Alone, a merchant has no limits.
    settings.PERSON_PRODUCTS = 1
    response = writer.send("POST", f"/watchlists/{watchlist.pk}/products", {"products": [ID, f"{ID[:-1]}4"]})
    problem = problem_of(response, 409)
    assert (problem["limit"], problem["most"], problem["left"]) == ("products", 1, 1)
    assert not watchlist.watches.exists()


def test_a_viewer_changes_nothing(writer: Program, merchant: User) -> None:
    watch = WatchFactory.create()
    MembershipFactory.create(watchlist=watch.watchlist, user=merchant, role=Membership.Role.VIEWER)
    path = f"/watchlists/{watch.watchlist_id}"
    assert writer.get(path)["role"] == "viewer"
    problem_of(writer.send("POST", f"{path}/products", {"products": [ID]}), 403)
    problem_of(writer.send("PATCH", f"{path}/watches/{watch.product.num_iid}", {"note": "Mine"}), 403)
    assert Watch.objects.get().note == ""


def test_a_program_sets_a_target_price_a_note_and_tags(writer: Program, watchlist: Watchlist) -> None:
    watch = WatchFactory.create(watchlist=watchlist)
    path = f"/watchlists/{watchlist.pk}/watches/{watch.product.num_iid}"
    words = {"target_price": 6900, "note": "Best seller", "tags": ["summer", "summer", "new"]}
    row = writer.send("PATCH", path, words).json()
    assert (row["target_prices"], row["note"], row["tags"]) == ([6900], "Best seller", ["summer", "new"])
    assert Rule.objects.filter(watch=watch, kind=Kind.PRICE_BELOW.value, threshold=6900).exists()
    # What is not sent stays.
    row = writer.send("PATCH", path, {"target_price": None}).json()
    assert (row["target_prices"], row["note"], row["tags"]) == ([], "Best seller", ["summer", "new"])
    row = writer.send("PATCH", path, {"tags": []}).json()
    assert (row["note"], row["tags"]) == ("Best seller", [])


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"target_price": 0}, "body.target_price"),
        ({"target_price": 10**12}, "body.target_price"),
        ({"target_price": "cheap"}, "body.target_price"),
        ({"target_price": "12"}, "body.target_price"),
        ({"target_price": True}, "body.target_price"),
        ({"target_price": 12.0}, "body.target_price"),
        ({"note": "x" * 201}, "body.note"),
        ({"tags": ["two words"]}, "body.tags.0"),
        ({"tags": ["-"]}, "body.tags.0"),
        ({"tags": ["hot", "\u200b"]}, "body.tags.1"),
        ({"tags": ["\u200d"]}, "body.tags.0"),
        ({"tags": ["\x01"]}, "body.tags.0"),
        ({"tags": [str(number) for number in range(11)]}, "body.tags"),
        ({"title": "Mine"}, "body.title"),
    ],
)
def test_a_bad_value_is_named(writer: Program, watchlist: Watchlist, body: dict[str, object], where: str) -> None:
    watch = WatchFactory.create(watchlist=watchlist)
    response = writer.send("PATCH", f"/watchlists/{watchlist.pk}/watches/{watch.product.num_iid}", body)
    [fault] = problem_of(response, 422)["errors"]
    assert fault["where"] == where


def test_a_tag_has_no_invisible_characters(writer: Program, watchlist: Watchlist) -> None:
    watch = WatchFactory.create(watchlist=watchlist)
    path = f"/watchlists/{watchlist.pk}/watches/{watch.product.num_iid}"
    row = writer.send("PATCH", path, {"tags": ["h\x01ot", "hot", "new\u200b", "\u202e夏"]}).json()
    assert row["tags"] == ["hot", "new", "夏"]


def test_a_hundred_products_are_added_at_once(writer: Program, watchlist: Watchlist) -> None:
    path, ids = f"/watchlists/{watchlist.pk}/products", [str(int(ID) + number) for number in range(101)]
    problem_of(writer.send("POST", path, {"products": ids}), 422)
    assert writer.post(path, {"products": ids[:100]})["added"] == ids[:100]


def test_a_strangers_list_is_not_found(writer: Program) -> None:
    watch = WatchFactory.create()
    path = f"/watchlists/{watch.watchlist_id}"
    for tail in ("", "/watches", "/rules", f"/watches/{watch.product.num_iid}"):
        problem_of(writer.send("GET", path + tail), 404)
    problem_of(writer.send("POST", f"{path}/products", {"products": [ID]}), 404)
    problem_of(writer.send("PATCH", f"{path}/watches/{watch.product.num_iid}", {"note": "Mine"}), 404)
    assert watch.watchlist.watches.count() == 1


def test_rules_tell_their_condition(reader: Program, watchlist: Watchlist) -> None:
    watch = WatchFactory.create(watchlist=watchlist)
    watchlist.rules.all().delete()
    Rule.objects.create(watchlist=watchlist, kind=Kind.PRICE_DROPPED.value, threshold=500)
    Rule.objects.create(watchlist=watchlist, watch=watch, kind=Kind.PRICE_BELOW.value, threshold=6900)
    of_list, of_watch = reader.get(f"/watchlists/{watchlist.pk}/rules")["items"]
    assert (of_list["kind"], of_list["threshold"], of_list["product"]) == ("price_dropped", 500, None)
    assert "5" in of_list["text"]
    assert (of_watch["threshold"], of_watch["product"]) == (6900, watch.product.num_iid)


def test_a_rule_does_not_name_a_product_that_the_token_does_not_see(merchant: User, watchlist: Watchlist) -> None:
    mine = ProductFactory.create(title="My own shirt")
    WatchFactory.create(watchlist__owner=merchant, product=mine)
    watchlist.rules.all().delete()
    Rule.objects.create(watchlist=watchlist, kind=Kind.UNDER_MINE.value, threshold=500, own=mine)
    path = f"/watchlists/{watchlist.pk}/rules"
    [rule] = Program.of(merchant).get(path)["items"]
    assert rule["own"] == mine.num_iid
    assert "My own shirt" in rule["text"]
    [rule] = Program.of(merchant, watchlist=watchlist).get(path)["items"]
    assert rule["own"] is None
    assert "My own shirt" not in rule["text"]
