"""A program searches Douyin: what is remembered costs nothing, a page that is not costs a check of
its user's."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from monitor.models import Charge, ProviderAccount, SearchPage, User, Watchlist
from monitor.polling.checking import listings
from tests.api import Program, problem_of
from tests.models.factories import NOW, ProductFactory, UserFactory, WatchFactory, WatchlistFactory
from tests.pages import seen_by
from tests.provider.servers import ProviderServer, error

pytestmark = pytest.mark.django_db
#: ID, price and units sold of what the provider lists, in its order.
GOODS: list[tuple[str, Any, Any]] = [
    ("3514453298386183301", "59.9", "4000+"),
    ("3514453298386183302", "12", 32158),
    ("3514453298386183304", None, 7),
]
DRESS = {"q": "dress"}


def listing(*goods: tuple[str, Any, Any]) -> dict[str, Any]:
    items = [
        {
            "num_iid": num_iid,
            "title": f"Dress {num_iid[-1]}",
            "promotion_price": price,
            "price": price,
            "sales": sales,
        }
        for num_iid, price, sales in goods
    ]
    return {"error": "", "error_code": "0000", "items": {"item": items}}


@pytest.fixture
def douyin(provider: ProviderServer) -> ProviderServer:
    """The provider lists all goods on its first page and repeats them on the second."""
    provider.default = listing(*GOODS)
    return provider


def work() -> None:
    """Answer what waits, as a worker does."""
    listings.read_due(lambda: None)


def shown(answer: Any) -> list[str]:
    """Return the last digits of the products of an answer, in its order."""
    return [item["num_iid"][-1] for item in answer["items"]]


def test_a_program_asks_waits_and_reads_what_the_page_shows(
    writer: Program, merchant: User, douyin: ProviderServer
) -> None:
    nothing = writer.get("/search", **DRESS)
    assert nothing == {"state": "unasked", "failure": "", "pages": 0, "is_all": False, "items": []}
    for _ in range(2):
        asked = writer.send("POST", "/search", {"q": " Dress "})
        assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
    assert writer.get("/search", **DRESS)["state"] == "waiting"
    work()
    found = writer.get("/search", **DRESS)
    assert (found["state"], found["pages"], found["is_all"], shown(found)) == (
        "done",
        1,
        False,
        ["1", "2", "4"],
    )
    first = found["items"][0]
    assert (first["title"], first["price"], first["sales"], first["shop_name"]) == (
        "Dress 1",
        5990,
        4000,
        None,
    )
    assert shown(writer.get("/search", sort="price", **DRESS)) == ["2", "1", "4"]
    assert shown(writer.get("/search", sort="-sold", **DRESS)) == ["2", "1", "4"]
    assert "¥59.90" in seen_by(merchant).get("/search/", DRESS).content.decode()
    again = Program.of(UserFactory.create(), scope="write").send("POST", "/search", DRESS)
    assert (again.status_code, again.json()) == (200, found), "It is remembered for everybody."
    assert [call["page"] for call in douyin.calls] == ["1"]
    assert Charge.objects.get().person == merchant


def test_further_pages_are_asked_for_one_by_one_until_one_brings_nothing_new(
    writer: Program, douyin: ProviderServer
) -> None:
    for known in range(2):
        asked = writer.post("/search", {**DRESS, "pages": 25})
        assert (asked["state"], asked["pages"], asked["is_all"]) == ("waiting", known, False)
        work()
    found = writer.get("/search", **DRESS, pages=25)
    assert (found["state"], found["pages"], found["is_all"], shown(found)) == (
        "done",
        2,
        True,
        ["1", "2", "4"],
    )
    assert writer.send("POST", "/search", {**DRESS, "pages": 25}).status_code == 200
    assert len(douyin.calls) == 2


def test_a_search_that_failed_says_why_and_is_asked_for_again(
    writer: Program, douyin: ProviderServer
) -> None:
    douyin.default = error("4001")
    writer.post("/search", DRESS)
    work()
    failed = writer.get("/search", **DRESS)
    assert (failed["state"], "(4001)" in failed["failure"]) == ("failed", True)
    douyin.default = error("2000")
    assert writer.post("/search", DRESS)["failure"] == ""
    work()
    found = writer.get("/search", **DRESS)
    assert (found["state"], found["is_all"], found["items"]) == ("done", True, [])


def test_a_token_sees_which_of_its_own_lists_have_a_product(
    writer: Program, merchant: User, watchlist: Watchlist, douyin: ProviderServer
) -> None:
    other, product = (
        WatchlistFactory.create(owner=merchant),
        ProductFactory.create(num_iid=GOODS[0][0]),
    )
    for owned in (watchlist, other, WatchlistFactory.create(name="Of another user")):
        WatchFactory.create(watchlist=owned, product=product)
    writer.post("/search", DRESS)
    work()
    for program, lists in (
        (writer, {str(watchlist.pk), str(other.pk)}),
        (Program.of(merchant, watchlist=other), {str(other.pk)}),
    ):
        first, second, _ = program.get("/search", **DRESS)["items"]
        assert (set(first["watchlists"]), second["watchlists"]) == (lists, [])


def test_nobody_asks_beyond_their_allowance_or_while_checks_are_stopped(
    writer: Program,
    reader: Program,
    watchlist: Watchlist,
    douyin: ProviderServer,
    settings: Settings,
) -> None:
    settings.PERSON_CHECKS = 1
    WatchlistFactory.create(name="Of another user")
    assert problem_of(reader.send("POST", "/search", DRESS), 403)["type"].endswith(
        ":read-only-token"
    )
    writer.post("/search", DRESS)
    problem = problem_of(writer.send("POST", "/search", {"q": "shirt"}), 409)
    assert "Your 1 check for today is used. More " in problem["detail"]
    assert (
        problem["type"].rpartition(":")[2],
        problem["limit"],
        problem["most"],
        problem["left"],
    ) == (*("over-allowance", "checks", 1, 0),)
    work()
    ProviderAccount.objects.update_or_create(defaults={"halted_at": NOW})
    assert problem_of(writer.send("POST", "/search", {"q": "shirt"}), 409)["type"].endswith(
        ":not-possible"
    )
    assert len(writer.post("/search", DRESS)["items"]) == 3, "What is remembered costs nothing."
    assert not SearchPage.objects.filter(words="shirt").exists()
