"""A token opens the API for its user, as long as it works, and for nothing more than it says."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitor.api import auth
from monitor.models import ApiToken, AuditEvent, AuditKind, User, Watchlist
from monitor.people.api_tokens import end_token, make_token
from monitor.people.throttle import Limit
from monitor.watching.upkeep import clean_up
from tests.api import ROOT, Program, problem_of
from tests.models.factories import (
    NOW,
    AlertFactory,
    MembershipFactory,
    WatchFactory,
    WatchlistFactory,
)

pytestmark = pytest.mark.django_db
YEAR = timedelta(days=365)


def test_a_session_is_no_token(merchant: User) -> None:
    browser = Client()
    browser.force_login(merchant)
    with CaptureQueriesContext(connection) as captured:
        problem_of(browser.get(f"{ROOT}/watchlists"), 401)
    assert not captured.captured_queries


def test_the_secret_is_stored_nowhere(merchant: User) -> None:
    token, secret = make_token(merchant, "Sheet", YEAR, NOW, scope=ApiToken.Scope.READ)
    assert secret.startswith("sw_")
    assert len(secret) > 43
    assert secret not in str(ApiToken.objects.values().get())
    assert secret not in str(list(AuditEvent.objects.values()))
    assert token.last_four == secret[-4:]


def test_a_token_ends_when_its_user_ends_it(merchant: User, reader: Program) -> None:
    reader.get("/watchlists")
    token = ApiToken.objects.get()
    end_token(token, NOW)
    end_token(token, NOW)
    problem_of(reader.send("GET", "/watchlists"), 401)
    kinds = list(AuditEvent.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == [AuditKind.TOKEN_MADE, AuditKind.TOKEN_ENDED]


def test_a_use_is_recorded_once_a_minute(reader: Program) -> None:
    uses = []
    for seconds in (0, 59, 60):
        with time_machine.travel(NOW + timedelta(seconds=seconds), tick=False):
            reader.get("/watchlists")
        uses.append(ApiToken.objects.get().last_used_at)
    assert uses == [NOW, NOW, NOW + timedelta(minutes=1)]


def test_some_requests_may_come_at_once_and_then_two_a_second(
    reader: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "LIMIT", Limit("api", burst=3, every=auth.LIMIT.every))
    for left in (2, 1, 0):
        response = reader.send("GET", "/watchlists")
        assert response.status_code == 200
        assert response["RateLimit-Policy"] == '"token";q=120;w=60'
        assert response["RateLimit"].startswith(f'"token";r={left};t=')
    response = reader.send("GET", "/watchlists")
    assert problem_of(response, 429)["type"] == "urn:stallwatch:problem:too-many-requests"
    assert response["Retry-After"] == "1"
    assert response["RateLimit"] == '"token";r=0;t=1'
    with time_machine.travel(NOW + timedelta(seconds=1), tick=False):
        reader.get("/watchlists")
        reader.get("/watchlists")
        problem_of(reader.send("GET", "/watchlists"), 429)


def test_a_token_for_one_list_sees_that_list_alone(merchant: User, watchlist: Watchlist) -> None:
    here, there = (
        WatchFactory.create(watchlist=watchlist),
        WatchFactory.create(watchlist__owner=merchant),
    )
    for watch in (here, there):
        AlertFactory.create(watchlist=watch.watchlist, product=watch.product)
    program = Program.of(merchant, scope="write", watchlist=watchlist)
    assert [row["id"] for row in program.get("/watchlists")] == [str(watchlist.pk)]
    assert [row["num_iid"] for row in program.get("/products")["items"]] == [here.product.num_iid]
    assert [row["product"] for row in program.get("/alerts")["items"]] == [here.product.num_iid]
    for path in (
        f"/products?watchlist={there.watchlist_id}",
        f"/alerts?watchlist={there.watchlist_id}",
    ):
        problem_of(program.send("GET", path), 404)
    problem_of(
        program.send("POST", "/alerts/read", {"ids": [str(there.watchlist.alerts.get().pk)]}), 404
    )
    assert program.post("/alerts/read", {"all": True}) == {"read": 1}
    assert (
        Program.of(merchant).get("/alerts", unread=True)["items"][0]["product"]
        == there.product.num_iid
    )


def test_a_token_for_a_list_that_its_user_has_left_sees_nothing(merchant: User) -> None:
    shared = WatchlistFactory.create()
    membership = MembershipFactory.create(watchlist=shared, user=merchant)
    program = Program.of(merchant, watchlist=shared)
    assert program.get("/watchlists")
    membership.delete()
    assert program.get("/watchlists") == []


def test_ended_and_expired_tokens_are_deleted_after_a_while(merchant: User) -> None:
    ended, _secret = make_token(merchant, "Ended", YEAR, NOW, scope=ApiToken.Scope.READ)
    make_token(merchant, "Short", timedelta(days=1), NOW, scope=ApiToken.Scope.READ)
    make_token(merchant, "Long", YEAR, NOW, scope=ApiToken.Scope.READ)
    end_token(ended, NOW)
    for days, left in ((29, 3), (30, 2), (31, 1)):
        clean_up(NOW + timedelta(days=days, seconds=1))
        assert ApiToken.objects.count() == left, days
    assert ApiToken.objects.get().name == "Long"
