"""WeCom's cards, markdown and answers."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.delivery.channels.parts import ChannelTarget, SendOutcome, SendVerdict
from monitor.delivery.channels.wecom import SPEC
from monitor.delivery.entries import MailEntry
from monitor.http import Reply
from tests.delivery.channels.contents import AT, PICTURE, SHANGHAI, SITE, content, entry
from tests.delivery.channels.standins import WeComGroup, send, serving
from tests.story import FIRST_ID

DOUYIN = f"https://haohuo.jinritemai.com/views/product/item2?id={FIRST_ID}"


def deliver(group: WeComGroup, *entries: MailEntry) -> SendVerdict:
    return SPEC.judge(
        send(SPEC.write(ChannelTarget(group.url), content(*entries), datetime.now(UTC)))
    )


def test_one_product_with_a_picture_arrives_as_a_card() -> None:
    with serving(WeComGroup()) as group:
        assert deliver(group, entry(image=PICTURE)).outcome is SendOutcome.SENT

    [message] = group.accepted
    assert message["template_card"] == {
        "card_type": "news_notice",
        "source": {"desc": "Stallwatch"},
        "main_title": {"title": "Price down 12.5%", "desc": "磨毛衬衫"},
        "card_image": {"url": PICTURE, "aspect_ratio": 1.3},
        "vertical_content_list": [
            {"title": "¥72.00 → ¥63.00 ▼ 12.5%", "desc": "11-11 10:00 · 对手"}
        ],
        "jump_list": [
            {"type": 1, "title": "Douyin", "url": DOUYIN},
            {"type": 1, "title": "Mute for a day", "url": f"{SITE}/products/{FIRST_ID}/mute/"},
            {"type": 1, "title": "See all alerts", "url": f"{SITE}/alerts/"},
        ],
        "card_action": {"type": 1, "url": f"{SITE}/alerts/101/"},
    }


def test_a_product_with_many_changes_stays_within_the_card() -> None:
    fields: list[dict[str, Any]] = [
        {"field": name, "before": "旧", "after": "新"}
        for name in ("title", "name", "company_name", "presale", "status")
    ]
    alerts = [alert for values in fields for alert in entry(image=PICTURE, **values).alerts]
    with serving(WeComGroup()) as group:
        assert deliver(group, MailEntry(alerts, SHANGHAI, [])).outcome is SendOutcome.SENT


def test_a_product_without_a_picture_arrives_as_markdown() -> None:
    with serving(WeComGroup()) as group:
        assert deliver(group, entry()).outcome is SendOutcome.SENT

    [message] = group.accepted
    assert message["markdown"]["content"].split("\n") == [
        "### Price down 12.5% · ¥72.00 → ¥63.00: 磨毛衬衫",
        "",
        f"[磨毛衬衫]({SITE}/products/{FIRST_ID}/)",
        '¥72.00 → ¥63.00 <font color="info">▼ 12.5%</font>',
        f'<font color="comment">11-11 10:00 · 对手</font> · [Evidence]({SITE}/alerts/101/) · '
        f"[Douyin]({DOUYIN}) · [Mute for a day]({SITE}/products/{FIRST_ID}/mute/)",
        "",
        f"[See all alerts]({SITE}/alerts/) · Stallwatch",
    ]


def test_the_longest_product_fits() -> None:
    moments = [[AT.isoformat(), f"{step}" + "😀" * 200] for step in range(4)]
    fields: dict[str, Any] = {
        "count": 4,
        "began_at": AT,
        "moments": moments,
        "before": "😁" * 200,
        "after": moments[-1][1],
    }
    names = ("title", "name", "company_name", "presale")
    alerts = [
        alert
        for name in names
        for alert in entry("😂" * 200, on=name + "😃" * 99, field=name, **fields).alerts
    ]
    with serving(WeComGroup()) as group:
        assert (
            deliver(group, MailEntry(alerts, SHANGHAI, []), entry(number=1)).outcome
            is SendOutcome.SENT
        )
    assert f"{SITE}/alerts/101/" in group.accepted[0]["markdown"]["content"]


def test_a_stopped_robot_is_refused_and_too_many_messages_wait() -> None:
    stopped = SPEC.judge(
        Reply(200, json.dumps({"errcode": 93004, "errmsg": "robot is disabled"}).encode())
    )
    assert (stopped.outcome, stopped.code) == (SendOutcome.REFUSED, 93004)
    assert "switch it on" in str(stopped.advice)
    with serving(WeComGroup()) as group:
        group.answers.append((200, b'{"errcode":45009,"errmsg":"api freq out of limit"}'))
        verdict = deliver(group, entry())
    assert (verdict.outcome, verdict.code, verdict.wait) == (
        SendOutcome.LATER,
        45009,
        timedelta(minutes=1),
    )
