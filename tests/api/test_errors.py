"""Every error is a problem in JSON, and nothing that a program sends is our fault."""

from typing import Any

import pytest
from django.test import Client

from monitor.models import User, Watchlist
from tests.api import ROOT, Program, problem_of
from tests.factories import WatchFactory

pytestmark = pytest.mark.django_db


def test_an_unknown_address_and_a_wrong_method_are_problems(reader: Program) -> None:
    problem_of(reader.send("GET", "/nothing"), 404)
    problem_of(Client().get("/api/"), 404)
    response = reader.send("DELETE", "/products")
    problem_of(response, 405)
    assert response["Allow"] == "GET"


def test_a_body_of_10_mb_is_too_large(writer: Program) -> None:
    problem_of(writer.send("POST", "/alerts/read", b"[" * 10_000_000), 413)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b"[" * 100_000, b"null", b"[]", b'"all"', b'{"all": NaN}', b'{"ids": ["\\ud800"]}']
)
def test_a_body_that_is_no_request_is_refused(writer: Program, body: bytes) -> None:
    response = writer.send("POST", "/alerts/read", body)
    problem_of(response, response.status_code)
    assert response.status_code in (400, 422)


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "tag=%00",
        "cursor=%00",
        "q=" + "x" * 501,
        "list=-1",
        "list=" + "9" * 19,
        "shop=1e3",
        "min=-1",
        "max=" + "9" * 30,
        "min=many",
        "status=guessed",
        "changed=1y",
        "sort=guessed",
        "sort=--price",
        "sort=price%0A",
    ],
)
def test_a_bad_filter_is_named(reader: Program, query: str) -> None:
    response = reader.client.get(f"{ROOT}/products?{query}", headers={"Authorization": f"Bearer {reader.secret}"})
    [fault] = problem_of(response, 422)["errors"]
    assert fault["where"] == f"query.{query.partition('=')[0]}"


@pytest.mark.parametrize("since", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-25", "now"])
def test_a_time_out_of_reach_is_refused(reader: Program, watchlist: Watchlist, since: str) -> None:
    num_iid = WatchFactory.create(watchlist=watchlist).product.num_iid
    for path in (f"/products/{num_iid}/history", f"/products/{num_iid}/changes", "/alerts"):
        problem_of(reader.send("GET", path, since=since), 422)


def test_an_id_that_is_none_is_refused(reader: Program) -> None:
    for path in ("/products/0x1", "/products/%00", "/watchlists/" + "9" * 30, "/shops/-1", "/alerts/1.5"):
        problem_of(reader.send("GET", path), 422)


def test_a_fault_of_ours_is_told_without_details(reader: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_named: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("monitor.api.watchlists.tallies_of", fail)
    response = reader.send("GET", "/watchlists")
    problem_of(response, 500)
    assert b"secret" not in response.content


def test_an_unchanged_read_is_not_sent_again(reader: Program, watchlist: Watchlist) -> None:
    first = reader.send("GET", "/watchlists")
    again = reader.send("GET", "/watchlists", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    watchlist.name = "Others"
    watchlist.save()
    assert reader.send("GET", "/watchlists", headers={"If-None-Match": first["ETag"]}).status_code == 200
    assert "private" in first["Cache-Control"]


def test_texts_are_in_the_users_language(merchant: User, watchlist: Watchlist) -> None:
    merchant.language = "zh-hans"
    merchant.save()
    program = Program.of(merchant, scope="write")
    answer = program.post(f"/watchlists/{watchlist.pk}/products", {"products": ["no product"]})
    assert answer["problems"][0]["words"] == "没有商品链接或 ID"
