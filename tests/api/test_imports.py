"""Imports: a program puts many products on a list, and asks what became of them."""

import pytest
from pytest_django.fixtures import Settings

from monitor.models import Import, Product, User, Watchlist
from monitor.uploads.links import read_text
from monitor.watchlists.imports import Source, Target, start_import
from tests.api import ROOT, Program, problem_of
from tests.factories import NOW, WatchFactory, WatchlistFactory

pytestmark = pytest.mark.django_db
ONE, TWO = "3514453298386183303", "3514453298386183304"


def test_a_program_imports_products_and_follows_the_progress(writer: Program, watchlist: Watchlist) -> None:
    there = WatchFactory.create(watchlist=watchlist).product.num_iid
    lines = [f"https://haohuo.jinritemai.com/views/product/item2?id={ONE}", TWO, TWO, there, "no product"]
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
    assert (rows[4]["problem"], rows[4]["words"]) == ("not_understood", "no product link or ID found")


def test_an_import_that_is_sent_twice_is_made_once(writer: Program, watchlist: Watchlist) -> None:
    body = {"watchlist": str(watchlist.pk), "products": [ONE]}
    key = {"Idempotency-Key": "a-key"}
    assert writer.post("/imports", body, **key) == writer.post("/imports", body, **key)
    assert Import.objects.count() == 1


def test_more_than_the_allowance_adds_nothing(writer: Program, watchlist: Watchlist, settings: Settings) -> None:
    WatchlistFactory.create()  # Alone, a merchant has no limits.
    settings.PERSON_PRODUCTS = 1
    response = writer.send("POST", "/imports", {"watchlist": str(watchlist.pk), "products": [ONE, TWO]})
    assert problem_of(response, 409)["limit"] == "products"
    assert not watchlist.watches.exists()


def test_imports_of_the_page_are_told_too_but_no_drafts(reader: Program, merchant: User, watchlist: Watchlist) -> None:
    draft = start_import(merchant, Source(lines=tuple(read_text(ONE))), Target(None, "New", watchlist.interval), NOW)
    problem_of(reader.send("GET", f"/imports/{draft.pk}"), 404)
    Import.objects.update(saved_at=NOW)
    assert reader.get(f"/imports/{draft.pk}")["watchlist"] is None
    problem_of(Program.of(merchant, watchlist=watchlist).send("GET", f"/imports/{draft.pk}"), 404)


@pytest.mark.parametrize("products", [[], [ONE] * 5001, ["x" * 501], "one", None])
def test_a_bad_body_is_named(writer: Program, watchlist: Watchlist, products: object) -> None:
    response = writer.send("POST", "/imports", {"watchlist": str(watchlist.pk), "products": products})
    assert problem_of(response, 422)["errors"][0]["where"].startswith("body.products")
