"""Browsers: what a push service gets, that only the browser can read it, and what its answers
mean."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from monitor.telling.channels.browser import SPEC, public_key, site_key
from monitor.telling.channels.parts import BadTargetError, SendOutcome, SendVerdict
from tests.telling.channels.contents import AT, SITE, content, entry
from tests.telling.channels.standins import PushService, send, serving


def push(service: PushService, *entries: Any, **fields: Any) -> SendVerdict:
    target = SPEC.read_target(json.dumps(service.subscription), "")
    return SPEC.judge(send(SPEC.write(target, content(*entries, **fields), datetime.now(UTC))))


def subscription(**changes: Any) -> dict[str, Any]:
    service = PushService()
    service.base = "https://push.example.com"
    return {**service.subscription, **changes}


def test_a_browser_gets_what_happened_and_where_it_leads() -> None:
    with serving(PushService()) as service:
        assert push(service, entry()) == SendVerdict(SendOutcome.SENT, "201 Created", 201)
    [message] = service.accepted
    assert message == {
        "tag": "msg_1",
        "title": "Price down 12.5% · ¥72.00 → ¥63.00: 磨毛衬衫",
        "body": "磨毛衬衫\n¥72.00 → ¥63.00 ▼ 12.5%\n11-11 10:00 · 对手",
        "url": f"{SITE}/alerts/101/",
    }


def test_several_products_are_a_line_each_and_lead_to_all_alerts() -> None:
    with serving(PushService()) as service:
        push(service, entry(), entry("T-shirt", 1))
    [message] = service.accepted
    assert message["body"] == "磨毛衬衫: ¥72.00 → ¥63.00 ▼ 12.5%\nT-shirt: ¥72.00 → ¥63.00 ▼ 12.5%"
    assert message["url"] == f"{SITE}/alerts/"


def test_only_urgent_alerts_wake_a_sleeping_phone() -> None:
    with serving(PushService()) as service:
        push(service, entry())
        urgent = {"kind": "price_changed", "is_urgent": True}
        push(service, entry(), entry("T-shirt", 1, rule_as_it_was=urgent))
    assert [headers["Urgency"] for headers in service.headers] == ["normal", "high"]


def test_the_push_service_cannot_read_it() -> None:
    target = SPEC.read_target(json.dumps(subscription()), "")
    bodies = [SPEC.write(target, content(entry("T-shirt")), AT).body for _ in range(2)]
    assert b"T-shirt" not in bodies[0]
    assert bodies[0] != bodies[1], "Each message has a key of its own."


@given(st.text(st.characters(exclude_categories=())), st.text(st.characters(exclude_categories=())))
def test_foreign_text_stays_on_its_line(name: str, on: str) -> None:
    service = PushService()
    service.base = "https://push.example.com"
    target = SPEC.read_target(json.dumps(service.subscription), "")
    post = SPEC.write(target, content(entry(name, on=on), title=name), AT)
    assert len(post.body) <= 4096
    message = json.loads(service.decrypted(post.body))
    assert message["url"] == f"{SITE}/alerts/101/"
    assert len(message["body"].split("\n")) == 3
    assert "\n" not in message["title"]


def test_messages_of_a_channel_keep_the_key_that_it_was_added_with(settings: Settings) -> None:
    with serving(PushService()) as service:
        target = SPEC.read_target(json.dumps(service.subscription), "")
        before = site_key()
        settings.SECRET_KEY = "another key"
        assert site_key() != before
        post = SPEC.write(target, content(entry()), datetime.now(UTC))
        assert SPEC.judge(send(post)).outcome is SendOutcome.SENT
        assert service.signer == public_key(before)
        other = push(service, entry())
    assert (other.outcome, other.code) == (SendOutcome.LATER, 403)
    assert "turn alerts on again" in str(other.advice)


KEYS = subscription()["keys"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "{}",
        json.dumps(subscription(endpoint="file:///etc/passwd")),
        json.dumps(subscription(keys=None)),
        json.dumps(subscription(keys={**KEYS, "p256dh": KEYS["p256dh"][:-4] + "AAAA"})),
        json.dumps(subscription(keys={**KEYS, "auth": KEYS["auth"][:-4]})),
        json.dumps(subscription(keys={**KEYS, "auth": 7})),
    ],
)
def test_another_subscription_is_refused(text: str) -> None:
    with pytest.raises(BadTargetError) as error:
        SPEC.read_target(text, "")
    assert "reload the page" in str(error.value.problem)
