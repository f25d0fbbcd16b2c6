"""DingTalk's cards, signature and answers."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.delivery.channels.dingtalk import SPEC
from monitor.delivery.channels.parts import ChannelTarget, SendOutcome, SendVerdict
from monitor.http import Reply
from tests.delivery.channels.contents import PICTURE, SITE, content, entry
from tests.delivery.channels.standins import DingTalkGroup, send, serving
from tests.story import FIRST_ID

SECRET = "SEC0123456789abcdef"


def deliver(group: DingTalkGroup, secret: str = "", now: datetime | None = None) -> SendVerdict:
    return SPEC.judge(
        send(
            SPEC.write(ChannelTarget(group.url, secret), content(entry()), now or datetime.now(UTC))
        )
    )


def test_a_lower_price_arrives_as_a_card_with_a_picture_and_buttons() -> None:
    with serving(DingTalkGroup()) as group:
        post = SPEC.write(
            ChannelTarget(group.url), content(entry(image=PICTURE)), datetime.now(UTC)
        )
        assert SPEC.judge(send(post)).outcome is SendOutcome.SENT

    [message] = group.accepted
    title = "Price down 12.5% · ¥72.00 → ¥63.00: 磨毛衬衫"
    assert message["actionCard"]["title"] == title
    assert message["actionCard"]["text"].split("\n\n") == [
        f"### {title}",
        "![](https://p3-aio.ecombdimg.com/obj/temai/a%281%29.jpg)",
        f"**[磨毛衬衫]({SITE}/products/{FIRST_ID}/)**  \n¥72.00 → ¥63.00 ▼ 12.5%  \n11-11 10:00 · "
        "对手",
        "Stallwatch",
    ]
    assert [button["actionURL"] for button in message["actionCard"]["btns"]] == [
        f"{SITE}/alerts/101/",
        f"https://haohuo.jinritemai.com/views/product/item2?id={FIRST_ID}",
        f"{SITE}/products/{FIRST_ID}/mute/",
        f"{SITE}/alerts/",
    ]


def test_several_products_have_one_button_and_no_picture() -> None:
    post = SPEC.write(
        ChannelTarget("https://x"),
        content(entry(image=PICTURE), entry("外套", 1)),
        datetime.now(UTC),
    )
    card = json.loads(post.body)["actionCard"]

    assert "![" not in card["text"]
    assert "\n\n1 price down\n\n" in card["text"]
    assert f" · [Evidence]({SITE}/alerts/102/) · [Douyin](https://haohuo." in card["text"]
    assert [button["title"] for button in card["btns"]] == ["See all alerts"]


def test_each_signature_is_accepted() -> None:
    with serving(DingTalkGroup(SECRET)) as group:
        now = datetime.now(UTC)
        verdicts = [
            deliver(group, SECRET, now + timedelta(milliseconds=ahead)) for ahead in range(10)
        ]
    assert {verdict.outcome for verdict in verdicts} == {SendOutcome.SENT}


def test_a_wrong_secret_an_old_clock_and_a_keyword_are_refused() -> None:
    with serving(DingTalkGroup(SECRET)) as group:
        for secret, now in (
            ("SECother", None),
            ("", None),
            (SECRET, datetime.now(UTC) - timedelta(hours=2)),
        ):
            verdict = deliver(group, secret, now)
            assert (verdict.outcome, verdict.code, verdict.answer) == (
                SendOutcome.REFUSED,
                310000,
                "sign not match",
            )
    with serving(DingTalkGroup(keywords=["降价"])) as group:
        verdict = deliver(group)
    assert (verdict.outcome, verdict.answer) == (SendOutcome.REFUSED, "keywords not in content")
    assert "“Stallwatch”" in str(verdict.advice)


@pytest.mark.parametrize("code", [90030, 130101, 410100])
def test_a_shut_robot_waits_ten_minutes(code: int) -> None:
    with serving(DingTalkGroup()) as group:
        group.answers.append(
            (
                200,
                b'{"status":1111,"wait":5,"errcode":%d,"errmsg":"send too fast, exceed 20 '
                b'times per minute"}' % code,
            )
        )
        verdict = deliver(group)
    assert (verdict.outcome, verdict.code, verdict.wait) == (
        SendOutcome.LATER,
        code,
        timedelta(minutes=10),
    )
    assert verdict.goes_first is None


@pytest.mark.parametrize("code", [300001, 300005, 400013, 400101, 400102, 400106])
def test_a_robot_that_is_gone_or_stopped_is_refused(code: int) -> None:
    answer: dict[str, Any] = {"errcode": code, "errmsg": "描述:\n停用"}
    verdict = SPEC.judge(Reply(200, json.dumps(answer).encode()))
    assert (verdict.outcome, verdict.code, verdict.answer) == (
        SendOutcome.REFUSED,
        code,
        "描述: 停用",
    )
