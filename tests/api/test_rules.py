"""Rules: a program adds, tries, changes, pauses and deletes them. What a rule may be is decided as
on the page."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from monitor.judging.rules.kinds import Kind
from monitor.models import Product, Rule, Watch, Watchlist
from tests.api import Program, problem_of
from tests.models.factories import NOW, ChangeFactory, WatchFactory

pytestmark = pytest.mark.django_db
BELOW = {"kind": "price_below", "threshold": 6900}


@pytest.fixture
def watch(watchlist: Watchlist) -> Watch:
    watchlist.rules.all().delete()
    product = WatchFactory.create(watchlist=watchlist).product
    Product.objects.filter(pk=product.pk).update(
        first_data_time=NOW - timedelta(days=60), price=6700
    )
    return watchlist.watches.get()


@pytest.fixture
def path(watch: Watch) -> str:
    return f"/watchlists/{watch.watchlist_id}/rules"


def test_a_program_adds_a_rule_to_a_list(writer: Program, path: str) -> None:
    also = [{"kind": "price_above", "threshold": 1000}]
    body = {**BELOW, "also": also, "cooldown_seconds": 3600, "is_urgent": True}
    row = writer.post(path, body)
    rule = Rule.objects.get()
    assert (rule.kind, rule.threshold, rule.cooldown, rule.is_urgent) == (
        "price_below",
        6900,
        timedelta(hours=1),
        True,
    )
    assert row["id"] == str(rule.pk)
    assert row["also"] == [{"kind": "price_above", "threshold": 1000, "days": None}]
    assert row["product"] is None
    assert writer.get(path)["items"] == [row]


def test_a_program_adds_a_rule_to_a_product(writer: Program, path: str, watch: Watch) -> None:
    writer.post(path, {"kind": "left_shelf"})
    row = writer.post(path, {**BELOW, "product": watch.product.num_iid})
    assert row["product"] == watch.product.num_iid
    # With a copy of the list's rule, which it would replace.
    assert set(watch.rules.values_list("kind", flat=True)) == {"left_shelf", "price_below"}
    other = WatchFactory.create(watchlist=watch.watchlist)
    writer.post(path, {**BELOW, "product": other.product.num_iid, "keep_lists": False})
    assert list(other.rules.values_list("kind", flat=True)) == ["price_below"]
    problem_of(writer.send("POST", path, {**BELOW, "product": "3514453298386183303"}), 404)


@pytest.mark.parametrize(
    ("body", "where", "what"),
    [
        (
            {"kind": "price_below"},
            "body.threshold",
            "This kind of rule needs a threshold above zero.",
        ),
        (
            {"kind": "price_below", "threshold": 10**11},
            "body.threshold",
            "This number is too large",
        ),
        (
            {"kind": "sales_grew", "threshold": 2000},
            "body.days",
            "This kind of rule needs a number of days",
        ),
        ({**BELOW, "cooldown_seconds": 61}, "body.cooldown_seconds", "Input should be 0, 3600"),
        ({**BELOW, "also": [BELOW]}, "body.also.0.kind", "This condition is there twice"),
        ({**BELOW, "also": [{"kind": "price_above"}]}, "body.also.0.threshold", ""),
        (
            {**BELOW, "also": [{"kind": "sales_above", "threshold": True}]},
            "body.also.0.threshold",
            "valid integer",
        ),
        ({**BELOW, "name": "Mine"}, "body.name", ""),
        (
            {"kind": "under_mine", "threshold": 500, "own": "3514453298386183303"},
            "body.kind",
            "Select a valid choice",
        ),
    ],
)
def test_a_bad_rule_is_named_as_on_the_page(
    writer: Program, path: str, body: dict[str, Any], where: str, what: str
) -> None:
    for address in (path, f"{path}/trial"):
        faults = problem_of(writer.send("POST", address, body), 422)["errors"]
        assert any(fault["where"] == where and what in fault["what"] for fault in faults), faults
    assert not Rule.objects.exists()


def test_the_same_rule_is_refused(writer: Program, path: str) -> None:
    writer.post(path, BELOW)
    assert (
        "This rule exists already." in problem_of(writer.send("POST", path, BELOW), 422)["detail"]
    )


def test_a_rule_beyond_the_limit_is_over_the_allowance(
    writer: Program, path: str, watch: Watch, settings: Settings
) -> None:
    """Also one that a target price would be."""
    WatchFactory.create()  # Another merchant's: with nobody else there is no limit.
    settings.PERSON_RULES = 1
    writer.post(path, BELOW)
    watch_path = f"/watchlists/{watch.watchlist_id}/watches/{watch.product.num_iid}"
    own = {**BELOW, "product": watch.product.num_iid, "keep_lists": False}
    writer.post(path, own)
    other = {"threshold": 5900}
    for method, address, body in (
        ("POST", path, {**BELOW, **other}),
        ("POST", path, {**own, **other}),
        ("PATCH", watch_path, {"target_price": 4900}),
    ):
        problem = problem_of(writer.send(method, address, body), 409)
        assert problem["type"] == "urn:stallwatch:problem:over-allowance"
        assert (problem["limit"], problem["most"], problem["left"]) == ("rules", 1, 0)
        assert "There are 1 rules, the most there can be" in problem["detail"]
    assert writer.post(f"{path}/trial", own)["tried"] == 1, "A trial adds none."


def test_a_rule_is_tried_on_history_before_it_is_added(
    writer: Program, path: str, watch: Watch
) -> None:
    for days, before, after in (
        (3, 7200, 6800),
        (2, 6800, 7900),
        (1, 7900, 6700),
        (40, 9000, 7200),
    ):
        at = NOW - timedelta(days=days)
        ChangeFactory.create(
            product=watch.product,
            field="price",
            before=before,
            after=after,
            first_seen_after=at,
            last_seen_before=at,
        )
    trial = writer.post(f"{path}/trial", BELOW)
    assert (trial["days"], trial["times"], trial["fired_for"], trial["tried"]) == (30, 2, 1, 1)
    assert trial["latest"][0] == {
        "at": "2026-11-24T04:00:00Z",
        "name": watch.product.title,
        "value": "¥67.00",
    }
    assert writer.post(f"{path}/trial", {**BELOW, "product": watch.product.num_iid})["times"] == 2
    assert not Rule.objects.exists()
    rule = writer.post(path, BELOW)
    assert writer.post(f"/rules/{rule['id']}/trial", {})["times"] == 2
    assert writer.post(f"/rules/{rule['id']}/trial", {"threshold": 6750})["times"] == 1
    assert Rule.objects.get().threshold == 6900


def test_a_program_changes_pauses_and_resumes_a_rule(writer: Program, path: str) -> None:
    rule = f"/rules/{writer.post(path, {**BELOW, 'is_urgent': True})['id']}"
    row = writer.send("PATCH", rule, {"threshold": 5900}).json()
    assert (row["kind"], row["threshold"], row["is_urgent"]) == ("price_below", 5900, True)
    # A threshold in fen is none in percent.
    problem_of(writer.send("PATCH", rule, {"kind": "price_dropped"}), 422)
    row = writer.send(
        "PATCH", rule, {"kind": "price_dropped", "threshold": 500, "cooldown_seconds": 86400}
    ).json()
    assert (row["kind"], row["threshold"], row["cooldown_seconds"]) == ("price_dropped", 500, 86400)
    assert Rule.objects.get().kind == Kind.PRICE_DROPPED
    for is_active in (False, True):
        assert writer.send("PATCH", rule, {"is_active": is_active}).json()["is_active"] is is_active


def test_a_program_changes_what_must_hold_too(writer: Program, path: str) -> None:
    rule = f"/rules/{writer.post(path, BELOW)['id']}"
    also = [{"kind": "price_above", "threshold": 1000}, {"kind": "on_sale"}]
    assert writer.post(f"{rule}/trial", {"also": also})["times"] == 0
    row = writer.send("PATCH", rule, {"also": also}).json()
    assert [(part["kind"], part["threshold"]) for part in row["also"]] == [
        ("price_above", 1000),
        ("on_sale", None),
    ]
    assert (row["kind"], row["threshold"]) == ("price_below", 6900)
    assert writer.send("PATCH", rule, {"also": []}).json()["also"] == []


def test_a_program_deletes_a_rule(writer: Program, path: str) -> None:
    rule = f"/rules/{writer.post(path, BELOW)['id']}"
    assert writer.send("DELETE", rule).status_code == 204
    assert not Rule.objects.exists()
    problem_of(writer.send("DELETE", rule), 404)
