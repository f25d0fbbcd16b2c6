"""Imports: a program puts many products on a list, and asks what became of them."""

import pytest
from pytest_django.fixtures import Settings

from monitor.models import Product, User, Watchlist
from monitor.watching.imports import Source, Target, add_some, start_import
from monitor.watching.uploads.lines import read_text
from tests.api import ROOT, Program, problem_of
from tests.models.factories import NOW, UserFactory, WatchFactory, WatchlistFactory

pytestmark = pytest.mark.django_db
ONE, TWO = "3514453298386183303", "3514453298386183304"


def test_a_program_imports_products_and_follows_the_progress(
    writer: Program, watchlist: Watchlist
) -> None:
    there = WatchFactory.create(watchlist=watchlist).product.num_iid
    lines = [
        f"https://haohuo.jinritemai.com/views/product/item2?id={ONE}",
        TWO,
        TWO,
        there,
        "no product",
    ]
    response = writer.send("POST", "/imports", {"watchlist": str(watchlist.pk), "products": lines})
    job = response.json()
    assert (response.status_code, response["Location"]) == (202, f"{ROOT}/imports/{job['id']}")
    assert job == writer.get(f"/imports/{job['id']}")
    assert {name: value for name, value in job.items() if isinstance(value, int)} == {
        "rows": 5,
        "added": 2,
        "waiting": 0,
        "already": 1,
        "repeated": 1,
        "bad": 1,
        "doubtful": 0,
        "left": 0,
        "unchecked": 2,
        "missing": 0,
        "failing": 0,
        "paired": 0,
    }
    assert (job["watchlist"], job["finished_at"]) == (str(watchlist.pk), "2026-11-25T04:00:00Z")
    Product.objects.filter(num_iid=ONE).update(checked_at=NOW, answered_at=NOW)
    Product.objects.filter(num_iid=TWO).update(failing_since=NOW)
    job = writer.get(f"/imports/{job['id']}")
    assert (job["unchecked"], job["failing"]) == (1, 1)
    rows = writer.pages(f"/imports/{job['id']}/rows", limit=2)
    assert [(row["line"], row["num_iid"], row["added"]) for row in rows] == [
        (1, ONE, True),
        (2, TWO, True),
        (3, TWO, False),
        (4, there, False),
        (5, None, False),
    ]
    assert rows[0]["checked_at"] == rows[1]["failing_since"] == "2026-11-25T04:00:00Z"
    assert (rows[4]["problem"], rows[4]["words"]) == (
        "not_understood",
        "no product link or ID found",
    )


def test_a_program_imports_rivals_of_a_product_on_lists_that_its_token_is_for(
    writer: Program, watchlist: Watchlist, merchant: User
) -> None:
    shelf = WatchlistFactory.create(owner=merchant)
    mine = WatchFactory.create(watchlist=shelf)
    body = {
        "watchlist": str(watchlist.pk),
        "products": [ONE, TWO],
        "rival_of": mine.product.num_iid,
    }
    narrow = Program.of(merchant, scope="write", watchlist=watchlist)
    assert narrow.send("POST", "/imports", body).status_code == 404
    assert writer.send("POST", "/imports", body).json()["paired"] == 2
    assert set(mine.pairings.values_list("rival__num_iid", flat=True)) == {ONE, TWO}
    job = writer.send("POST", "/imports", {**body, "rival_of": "42"}).json()
    assert job["paired"] == 0
    rows = writer.pages(f"/imports/{job['id']}/rows", limit=2)
    assert [row["rival_problem"] for row in rows] == ["not_mine", "not_mine"]
    assert (
        narrow.send("POST", "/imports", {**body, "rival_of": ONE, "products": [TWO]}).json()[
            "paired"
        ]
        == 1
    )


def test_imports_are_listed_the_newest_first(
    writer: Program, merchant: User, watchlist: Watchlist
) -> None:
    first, second = (
        writer.post("/imports", {"watchlist": str(watchlist.pk), "products": [line]})["id"]
        for line in (ONE, TWO)
    )
    start_import(merchant, Source(), Target(watchlist), NOW)  # A draft.
    elsewhere = WatchlistFactory.create(owner=merchant)
    own = start_import(merchant, Source(), Target(elsewhere), NOW, is_decided=True)
    assert [row["id"] for row in writer.pages("/imports", limit=1)] == [str(own.pk), second, first]
    job = writer.get(f"/imports/{first}")
    of_list = Program.of(merchant, watchlist=watchlist).get("/imports")["items"]
    assert of_list[1] == {"file_name": ""} | {
        name: job[name] for name in of_list[1] if name != "file_name"
    }
    assert [row["id"] for row in of_list] == [second, first]
    assert Program.of(UserFactory.create()).get("/imports")["items"] == []


def test_a_day_has_so_many_imports(
    writer: Program, watchlist: Watchlist, settings: Settings
) -> None:
    settings.PERSON_IMPORTS = 1
    WatchlistFactory.create(name="Of another user")
    writer.post("/imports", {"watchlist": str(watchlist.pk), "products": ["no product"]})
    problem = problem_of(
        writer.send("POST", f"/watchlists/{watchlist.pk}/products", {"products": [ONE]}), 409
    )
    assert (problem["limit"], problem["most"]) == ("imports", 1)
    assert not watchlist.watches.exists()


def test_an_undo_takes_back_the_list_that_was_made_with_its_token(
    merchant: User, watchlist: Watchlist
) -> None:
    target = Target(None, "New")
    made = start_import(merchant, Source(lines=tuple(read_text(ONE))), target, NOW)
    add_some(made, NOW, most=1)
    narrow = Program.of(merchant, scope="write", watchlist=made.watchlist)
    undone = narrow.post(f"/imports/{made.pk}/undo", None)
    assert (undone["undone_at"], undone["watchlist"]) == ("2026-11-25T04:00:00Z", None)
    problem_of(narrow.send("GET", "/imports"), 401)
