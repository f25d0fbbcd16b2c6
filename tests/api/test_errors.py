"""Every error is a problem in JSON, and nothing that a program sends is our fault."""

from typing import Any

import pytest

from monitor.models import User, Watchlist
from tests.api import ROOT, Program, problem_of

pytestmark = pytest.mark.django_db


def test_a_body_of_more_than_1_mb_is_too_large(writer: Program) -> None:
    for size in (1024 * 1024 + 1, 10_000_000):
        problem_of(writer.send("POST", "/alerts/read", b"[" * size), 413)


@pytest.mark.parametrize(
    "fields", [{f"{number}": 0 for number in range(80_000)}, {"x" * 1_000_000: 0}]
)
def test_the_answer_to_a_large_wrong_body_is_small(writer: Program, fields: dict[str, int]) -> None:
    response = writer.send("POST", "/alerts/read", fields)
    problem_of(response, 422)
    assert len(response.content) < 1000


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b"[" * 100_000, b"[]", b'{"all": NaN}', b'{"ids": ["\\ud800"]}']
)
def test_a_body_that_is_no_request_is_refused(writer: Program, body: bytes) -> None:
    response = writer.send("POST", "/alerts/read", body)
    problem_of(response, response.status_code)
    assert response.status_code in (400, 422)


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "q=" + "x" * 501,
        "min=-1",
        "max=" + "9" * 30,
        "status=guessed",
        "sort=price%0A",
    ],
)
def test_a_bad_filter_is_named(reader: Program, query: str) -> None:
    response = reader.client.get(
        f"{ROOT}/products?{query}", headers={"Authorization": f"Bearer {reader.secret}"}
    )
    [fault] = problem_of(response, 422)["errors"]
    assert fault["where"] == f"query.{query.partition('=')[0]}"


@pytest.mark.parametrize(
    ("method", "path", "name", "known"),
    [
        ("GET", "/products", "list", "watchlist, shop"),
        ("GET", "/changes", "Watchlist", "watchlist, since"),
        ("POST", "/alerts/read", "dry_run", "none"),
    ],
)
def test_a_parameter_that_is_not_known_is_named(
    writer: Program, method: str, path: str, name: str, known: str
) -> None:
    body: Any = {"all": True} if method == "POST" else None
    query: dict[str, Any] = {name: "1"}
    problem = problem_of(writer.send(method, path, body, **query), 422)
    assert problem["type"] == "urn:stallwatch:problem:unknown-parameter"
    [fault] = problem["errors"]
    assert fault["where"] == f"query.{name}"
    assert known in fault["what"]


def test_a_fault_of_ours_is_told_without_details(
    reader: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    assert (
        reader.send("GET", "/watchlists", headers={"If-None-Match": first["ETag"]}).status_code
        == 200
    )
    assert "private" in first["Cache-Control"]


def test_texts_are_in_the_users_language(merchant: User, watchlist: Watchlist) -> None:
    merchant.language = "zh-hans"
    merchant.save()
    program = Program.of(merchant, scope="write")
    answer = program.post(f"/watchlists/{watchlist.pk}/products", {"products": ["no product"]})
    assert answer["problems"][0]["words"] == "没有商品链接或 ID"
