"""The audit log names the person and the token of every write."""

from datetime import timedelta
from importlib import import_module

import pytest
import time_machine
from django.test import Client

from monitor.models import ApiToken, AuditEvent, User, Watchlist
from monitor.people.throttle import Limit
from tests.api import Program
from tests.models.factories import NOW, WatchFactory

pytestmark = pytest.mark.django_db


def test_a_write_is_recorded_with_its_person_and_token(
    writer: Program, merchant: User, watchlist: Watchlist
) -> None:
    num_iid = WatchFactory.create(watchlist=watchlist).product.num_iid
    path = f"/watchlists/{watchlist.pk}/watches/{num_iid}"
    writer.send("PATCH", path, {"note": "Best seller"})
    event = AuditEvent.objects.get(kind="api_write")
    assert (event.actor, event.network) == (merchant, "127.0.0.1")
    token = str(ApiToken.objects.get())
    assert event.details == {"token": token, "what": f"PATCH /api/v1{path}"}
    browser = Client()
    browser.force_login(merchant)
    page = browser.get("/settings/activity/").content.decode()
    assert "Change by API" in page
    assert f"token: {token}" in page


def test_reads_and_refused_writes_are_not(writer: Program, watchlist: Watchlist) -> None:
    writer.get("/watchlists")
    writer.send("PATCH", f"/watchlists/{watchlist.pk}/watches/1", {})
    writer.send("POST", f"/watchlists/{watchlist.pk}/products", {"products": []})
    writer.post(
        f"/watchlists/{watchlist.pk}/rules/trial", {"kind": "price_below", "threshold": 6900}
    )
    assert not AuditEvent.objects.filter(kind="api_write").exists()


def test_a_program_cannot_fill_the_log(writer: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        import_module("monitor.api"),
        "RECORDED",
        Limit("api-recorded", burst=2, every=timedelta(minutes=1)),
    )
    for _ in range(4):
        writer.post("/alerts/read", {"all": True})
    events = AuditEvent.objects.filter(kind="api_write")
    assert events.count() == 2
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        writer.post("/alerts/read", {"all": True})
    assert events.count() == 3
