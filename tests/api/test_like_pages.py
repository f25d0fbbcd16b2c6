"""What a person can do on the pages, a program can: lists, paces, checks, messages and imports."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from monitor.models import AuditEvent, Product, ProviderAccount, User, Watch, Watchlist
from monitor.people import channels
from monitor.telling import outbox
from monitor.telling.carriers import Posts
from monitor.telling.compose import write_messages
from tests.api import Program, problem_of
from tests.models.factories import (
    NOW,
    AlertFactory,
    MembershipFactory,
    UserFactory,
    WatchFactory,
    WatchlistFactory,
)
from tests.telling.channels.hooks import Hook

pytestmark = pytest.mark.django_db
ID = "3514453298386183303"


def test_a_list_is_renamed_paced_and_paused(
    writer: Program, merchant: User, watchlist: Watchlist
) -> None:
    WatchlistFactory.create(owner=merchant, name="Suppliers")
    WatchFactory.create(watchlist=watchlist)
    path = f"/watchlists/{watchlist.pk}"
    before = writer.get(path)
    changes: dict[str, Any] = {"name": "Spring", "interval_seconds": 7200}
    ended = {"hours_from": 8, "hours_until": 20}
    assert writer.send("PATCH", path, changes | ended).json() == {**before, **changes}
    assert writer.send("PATCH", path, {"is_paused": True}).json()["is_paused"]
    assert Product.objects.get().next_check_at is None
    assert writer.get(path) == {**before, **changes, "is_paused": True}
    for wrong, where in (
        ({"name": "SUPPLIERS"}, "body.name"),
        ({"pace": "adaptive", "soonest_seconds": 86_400}, "body.soonest_seconds"),
        ({"name": ""}, "body.name"),
    ):
        assert problem_of(writer.send("PATCH", path, wrong), 422)["errors"][0]["where"] == where
    assert writer.get(path) == {**before, **changes, "is_paused": True}


def test_a_list_is_deleted_and_restored(
    writer: Program, merchant: User, watchlist: Watchlist
) -> None:
    path = f"/watchlists/{watchlist.pk}"
    before = writer.get(path)
    assert writer.send("DELETE", path).status_code == 204
    problem_of(writer.send("GET", path), 404)
    assert writer.post(f"{path}/restore", None) == before
    problem_of(writer.send("POST", f"{path}/restore"), 404)
    assert AuditEvent.objects.filter(kind__in=["list_deleted", "list_restored"]).count() == 2
    shared = MembershipFactory.create(user=merchant, role="editor").watchlist
    assert "forbidden" in problem_of(writer.send("DELETE", f"/watchlists/{shared.pk}"), 403)["type"]


def test_a_product_has_a_pace_of_its_own_on_a_list(writer: Program, watchlist: Watchlist) -> None:
    watch = WatchFactory.create(watchlist=watchlist)
    path = f"/watchlists/{watchlist.pk}/watches/{watch.product.num_iid}"
    row = writer.send(
        "PATCH", path, {"pace": "fixed", "interval_seconds": 3600, "priority": 3}
    ).json()
    assert (row["pace"], row["interval_seconds"], row["priority"]) == ("fixed", 3600, 3)
    assert Product.objects.get().interval == timedelta(hours=1)
    row = writer.send(
        "PATCH", path, {"pace": "", "interval_seconds": None, "priority": None}
    ).json()
    assert (row["pace"], row["interval_seconds"], row["priority"]) == ("", None, None)
    assert Watch.objects.get().interval is None


def test_a_check_is_asked_for_within_the_allowance(
    writer: Program, merchant: User, watchlist: Watchlist, settings: Settings
) -> None:
    settings.PERSON_CHECKS = 1
    WatchFactory.create(
        watchlist__owner=UserFactory.create()
    )  # Another merchant's: now there is an allowance.
    first, second = (WatchFactory.create(watchlist=watchlist).product for _ in range(2))
    later = NOW + timedelta(hours=5)
    Product.objects.update(next_check_at=later, checked_at=NOW)
    answer = writer.post(f"/products/{first.num_iid}/check", None)
    assert answer["next_check_at"] == answer["asked_at"] == "2026-11-25T04:00:00Z"
    first.refresh_from_db()
    assert (first.next_check_at, first.asked_by) == (NOW, merchant)
    problem = problem_of(writer.send("POST", f"/products/{second.num_iid}/check"), 409)
    assert (problem["limit"], problem["most"], problem["left"]) == ("checks", 1, 0)
    second.refresh_from_db()
    assert second.next_check_at == later
    ProviderAccount.objects.update_or_create(defaults={"halted_at": NOW})
    problem = problem_of(writer.send("POST", f"/products/{second.num_iid}/check"), 409)
    assert problem["type"].endswith(":not-possible")


def test_a_message_is_sent_again_with_its_id(
    writer: Program, merchant: User, watchlist: Watchlist, webhook: Hook
) -> None:
    channel = channels.add(merchant, "webhook", "ERP", {"url": webhook.url, "secret": ""}, "…", NOW)
    AlertFactory.create(watchlist=watchlist)
    write_messages(NOW)
    path = f"/channels/{channel.pk}/deliveries"
    again = f"{path}/{writer.get(path)['items'][0]['id']}/again"
    assert "not-possible" in problem_of(writer.send("POST", again), 409)["type"], "It waits."
    outbox.send_due(NOW + timedelta(minutes=5), Posts)
    assert writer.post(again, None)["status"] == "pending"
    outbox.send_due(NOW + timedelta(minutes=5), Posts)
    assert len(webhook.ids) == 2
    assert len(set(webhook.ids)) == 1
    problem_of(writer.send("POST", f"{path}/999/again"), 404)


def test_an_import_is_undone(writer: Program, watchlist: Watchlist) -> None:
    job = writer.post("/imports", {"watchlist": str(watchlist.pk), "products": [ID]})
    undone = writer.post(f"/imports/{job['id']}/undo", None)
    assert undone["undone_at"] == "2026-11-25T04:00:00Z"
    assert not watchlist.watches.exists()
    assert (
        "not-possible" in problem_of(writer.send("POST", f"/imports/{job['id']}/undo"), 409)["type"]
    )
