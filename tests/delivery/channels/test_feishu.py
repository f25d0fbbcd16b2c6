"""Feishu's cards, signature and answers."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.delivery.channels.feishu import SPEC
from monitor.delivery.channels.parts import ChannelTarget, SendOutcome, SendVerdict
from monitor.delivery.entries import MailEntry
from monitor.http import Reply
from monitor.models import Shop
from monitor.provider.observation import Status
from tests.delivery.channels.contents import SHANGHAI, SITE, content, entry
from tests.delivery.channels.standins import FeishuGroup, send, serving
from tests.story import FIRST_ID


def deliver(group: FeishuGroup, secret: str = "", now: datetime | None = None) -> SendVerdict:
    return SPEC.judge(
        send(
            SPEC.write(ChannelTarget(group.url, secret), content(entry()), now or datetime.now(UTC))
        )
    )


def card(*entries: Any) -> Any:
    return json.loads(
        SPEC.write(ChannelTarget("https://x"), content(*entries), datetime.now(UTC)).body
    )["card"]


def test_a_lower_price_arrives_as_a_signed_card() -> None:
    with serving(FeishuGroup("the-secret")) as group:
        assert deliver(group, "the-secret").outcome is SendOutcome.SENT

    [message] = group.accepted
    assert message["card"]["header"] == {
        "template": "green",
        "title": {"tag": "plain_text", "content": "Price down 12.5% · ¥72.00 → ¥63.00: 磨毛衬衫"},
    }
    text, actions, note = message["card"]["elements"]
    assert text["text"]["content"].split("\n") == [
        f"**[磨毛衬衫]({SITE}/products/{FIRST_ID}/)**",
        "¥72.00 → ¥63.00 <font color='green'>▼ 12.5%</font>",
        "<font color='grey'>11-11 10:00 · 对手</font>",
    ]
    assert [(button["text"]["content"], button["url"]) for button in actions["actions"]] == [
        ("Evidence", f"{SITE}/alerts/101/"),
        ("Douyin", f"https://haohuo.jinritemai.com/views/product/item2?id={FIRST_ID}"),
        ("Mute for a day", f"{SITE}/products/{FIRST_ID}/mute/"),
        ("See all alerts", f"{SITE}/alerts/"),
    ]
    assert note["elements"][0]["content"] == "Stallwatch"


def test_several_products_have_their_links_below_each() -> None:
    sums, first, second, actions, _note = card(entry(), entry("外套", 1))["elements"]

    assert sums["text"]["content"] == "1 price down"
    assert "磨毛衬衫" in first["text"]["content"]
    assert (
        f" · [Evidence]({SITE}/alerts/102/) · [Douyin](https://haohuo." in second["text"]["content"]
    )
    assert [button["url"] for button in actions["actions"]] == [f"{SITE}/alerts/"]


@pytest.mark.parametrize(
    ("fields", "colour"),
    [
        ({"before": 6300, "after": 7200}, "red"),
        (
            {"field": "status", "before": Status.ON_SALE.value, "after": Status.OFF_SHELF.value},
            "red",
        ),
        (
            {"field": "status", "before": Status.OFF_SHELF.value, "after": Status.ON_SALE.value},
            "green",
        ),
        ({"field": "title", "before": "a", "after": "b"}, "blue"),
    ],
)
def test_the_header_has_the_colour_of_what_happened(fields: dict[str, Any], colour: str) -> None:
    assert card(entry(**fields))["header"]["template"] == colour


def test_a_small_move_keeps_its_sign() -> None:
    """'<0.1%' is markup to Feishu."""
    assert (
        "▼ ＜0.1%" in card(entry(before=720_000, after=719_999))["elements"][0]["text"]["content"]
    )


def test_a_shop_has_no_link_to_douyin() -> None:
    [alert] = entry(field="product_score", before=485, after=480).alerts
    alert.product, alert.shop = None, Shop(pk=7, shop_id="s7", name="古蒂歌")
    group = MailEntry([alert], SHANGHAI, [])

    text, actions, _note = card(group)["elements"]

    assert text["text"]["content"].startswith(
        f"**[古蒂歌]({SITE}/shops/7/)**\nProduct score 4.85 → 4.80 <font color='red'>"
    )
    assert [button["text"]["content"] for button in actions["actions"]] == [
        "Evidence",
        "See all alerts",
    ]


def test_a_wrong_secret_an_old_clock_and_a_keyword_are_refused() -> None:
    with serving(FeishuGroup("the-secret")) as group:
        for secret, now in (
            ("other", None),
            ("", None),
            ("the-secret", datetime.now(UTC) - timedelta(hours=2)),
        ):
            verdict = deliver(group, secret, now)
            assert (verdict.outcome, verdict.code) == (SendOutcome.REFUSED, 19021)
            assert "signing secret" in str(verdict.advice)
    with serving(FeishuGroup(keywords=["降价"])) as group:
        verdict = deliver(group)
    assert (verdict.outcome, verdict.code, verdict.answer) == (
        SendOutcome.REFUSED,
        19024,
        "Key Words Not Found",
    )
    assert "“Stallwatch”" in str(verdict.advice)


def test_too_many_messages_wait() -> None:
    with serving(FeishuGroup()) as group:
        group.answers.append(
            (200, b'{"code":11232,"msg":"create message service trigger rate limit","data":{}}')
        )
        verdict = deliver(group)
    assert (verdict.outcome, verdict.code, verdict.wait) == (
        SendOutcome.LATER,
        11232,
        timedelta(minutes=1),
    )
    later = SPEC.judge(
        Reply(
            429, b'{"code":99991400,"msg":"request trigger frequency limit"}', timedelta(seconds=52)
        )
    )
    assert (later.outcome, later.wait) == (SendOutcome.LATER, timedelta(seconds=52))


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ({"StatusCode": 0, "StatusMessage": "success"}, SendOutcome.SENT),
        ({"StatusCode": 0, "code": 19024, "msg": "Key Words Not Found"}, SendOutcome.REFUSED),
        ({"code": 19022, "msg": "Ip Not Allowed"}, SendOutcome.REFUSED),
        ({"code": 9499, "msg": "Bad Request"}, SendOutcome.LATER),
    ],
)
def test_old_and_new_answers_are_read(body: dict[str, Any], outcome: SendOutcome) -> None:
    assert SPEC.judge(Reply(200, json.dumps(body).encode())).outcome is outcome


def test_lark_has_its_own_address() -> None:
    address = (
        "https://open.larksuite.com/open-apis/bot/v2/hook/3a2b1c4d-0000-4000-8000-abcdefabcdef"
    )
    assert SPEC.read_target(address, " secret ") == ChannelTarget(address, "secret")
