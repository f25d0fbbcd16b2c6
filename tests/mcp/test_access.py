"""A token opens for an assistant what it opens in the API, and a browser opens nothing."""

from dataclasses import replace
from typing import Any

import httpx2
import pytest
from django.db import OperationalError
from django.utils import timezone
from pytest_django.fixtures import Settings

from monitor.models import ApiToken, AuditEvent, AuditKind, Watchlist
from monitor.people.api_tokens import end_token
from tests.mcp import Assistant
from tests.models.factories import AlertFactory, UserFactory, WatchFactory

pytestmark = pytest.mark.django_db(transaction=True)
LIST_TOOLS = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}


def post(url: str, headers: dict[str, str], body: Any = LIST_TOOLS) -> httpx2.Response:
    return httpx2.post(
        url, json=body, headers={"Accept": "application/json, text/event-stream", **headers}
    )


def bearer(assistant: Assistant) -> dict[str, str]:
    return {"Authorization": f"Bearer {assistant.secret}"}


def test_without_a_token_that_works_nothing_is_told(url: str, reader: Assistant) -> None:
    assert post(url, bearer(reader)).status_code == 200
    end_token(ApiToken.objects.get(), timezone.now())
    for headers in (
        {},
        {"Authorization": "Bearer sw_guessed"},
        {"Authorization": "Basic c3c6c3c="},
        bearer(reader),
    ):
        for body in (LIST_TOOLS, "odd"):
            response = post(url, headers, body)
            assert response.status_code == 401
            assert response.headers["WWW-Authenticate"].startswith("Bearer ")
            assert "watched_changes" not in response.text


def test_a_page_of_another_site_in_a_browser_is_refused(url: str, reader: Assistant) -> None:
    assert post(url, bearer(reader) | {"Origin": "http://localhost:8000"}).status_code == 200
    assert post(url, bearer(reader) | {"Origin": "https://evil.example"}).status_code == 403
    assert post(url, bearer(reader) | {"Host": "evil.example"}).status_code == 421


@pytest.mark.parametrize(
    ("mode", "trusted", "network"), [("auto", True, "203.0.113.7"), ("legacy", False, "127.0.0.2")]
)
def test_a_write_is_recorded_with_the_network_of_the_assistant(
    writer: Assistant,
    watchlist: Watchlist,
    settings: Settings,
    trusted: bool,
    network: str,
    mode: str,
) -> None:
    settings.TRUST_PROXY = trusted
    num_iid = WatchFactory.create(watchlist=watchlist).product.num_iid
    assistant = replace(
        writer, mode=mode, address="127.0.0.2", forwarded="198.51.100.9, 203.0.113.7"
    )
    assistant.call("mute_product", num_iid=num_iid)
    assert AuditEvent.objects.get(kind=AuditKind.API_WRITE).network == network


def test_an_assistant_finds_nothing_of_a_stranger(
    url: str, writer: Assistant, watchlist: Watchlist
) -> None:
    watch = WatchFactory.create(watchlist=watchlist)
    num_iid, alert = (
        watch.product.num_iid,
        AlertFactory.create(watchlist=watchlist, product=watch.product),
    )
    stranger = Assistant.of(UserFactory.create(is_staff=True), url, scope="write")
    for tool, arguments in (
        ("product", {"num_iid": num_iid}),
        ("changes", {"num_iid": num_iid}),
        ("products", {"watchlist": str(watchlist.pk)}),
        ("watched_changes", {"watchlist": str(watchlist.pk)}),
        ("alerts", {"watchlist": str(watchlist.pk)}),
        ("read_alerts", {"ids": [str(alert.pk)]}),
        ("mute_product", {"num_iid": num_iid}),
        ("add_products", {"watchlist": str(watchlist.pk), "products": [num_iid]}),
        ("alter_watch", {"watchlist": str(watchlist.pk), "num_iid": num_iid, "cost": 4000}),
        ("remove_watch", {"watchlist": str(watchlist.pk), "num_iid": num_iid}),
    ):
        assert "Not Found (404)" in stranger.error(tool, **arguments), tool
        writer.call(tool, **arguments)
    for tool in ("watchlists", "products", "watched_changes", "alerts"):
        assert stranger.call(tool)["items"] == []


def test_a_fault_tells_no_secret_and_ends_nothing(
    reader: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise OperationalError("password of the database")

    with monkeypatch.context() as patch:
        patch.setattr("monitor.api.usage.read_frame", fail)
        assert reader.error("usage") == "Internal Server Error (500)"
    with monkeypatch.context() as patch:
        patch.setattr("monitor.mcp.auth.valid_token", fail)
        response = post(reader.url, bearer(reader))
        assert response.status_code == 500
        assert "password" not in response.text
    reader.call("usage")
