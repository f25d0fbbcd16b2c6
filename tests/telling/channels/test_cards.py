"""What the cards of the three group robots look like."""

import json
from typing import Any

import pytest

from monitor.provider.observation import Status
from monitor.telling.channels import POSTS
from monitor.telling.channels.parts import ChannelTarget
from monitor.telling.entries import MailEntry
from tests.polling.story import FIRST_ID
from tests.telling.channels.contents import AT, PICTURE, SHANGHAI, SITE, content, entry

TITLE = "Price down 12.5% · ¥72.00 → ¥63.00: 磨毛衬衫"
DOUYIN = f"https://haohuo.jinritemai.com/views/product/item2?id={FIRST_ID}"
MUTE = f"{SITE}/products/{FIRST_ID}/mute/"
EVIDENCE, ALL = f"{SITE}/alerts/101/", f"{SITE}/alerts/"


def written(kind: str, *entries: MailEntry) -> Any:
    post = POSTS[kind].write(ChannelTarget("https://x"), content(*entries), AT)
    assert rb"\u" not in post.body, "WeCom refuses escapes."
    return json.loads(post.body)


def feishu(*entries: MailEntry) -> Any:
    return written("feishu", *entries)["card"]


def test_feishu_shows_a_card_with_buttons() -> None:
    card = feishu(entry())
    assert card["header"] == {
        "template": "green",
        "title": {"tag": "plain_text", "content": TITLE},
    }
    text, actions, note = card["elements"]
    assert text["text"]["tag"] == "lark_md"
    assert text["text"]["content"].split("\n") == [
        f"**[磨毛衬衫]({SITE}/products/{FIRST_ID}/)**",
        "¥72.00 → ¥63.00 <font color='green'>▼ 12.5%</font>",
        "<font color='grey'>11-11 10:00 · 对手</font>",
    ]
    assert [(button["text"]["content"], button["url"]) for button in actions["actions"]] == [
        ("Evidence", EVIDENCE),
        ("Douyin", DOUYIN),
        ("Mute for a day", MUTE),
        ("See all alerts", ALL),
    ]
    assert note["elements"][0]["content"] == "Stallwatch"


@pytest.mark.parametrize(
    ("fields", "colour"),
    [
        ({"before": 6300, "after": 7200}, "red"),
        ({"field": "status", "before": Status.ON_SALE, "after": Status.OFF_SHELF}, "red"),
        ({"field": "status", "before": Status.OFF_SHELF, "after": Status.ON_SALE}, "green"),
        ({"field": "title", "before": "a", "after": "b"}, "blue"),
    ],
)
def test_the_header_has_the_colour_of_what_happened(fields: dict[str, Any], colour: str) -> None:
    assert feishu(entry(**fields))["header"]["template"] == colour


def test_a_small_move_keeps_its_sign() -> None:
    """'<0.1%' is markup to Feishu."""
    text = feishu(entry(before=720_000, after=719_999))["elements"][0]["text"]["content"]
    assert "▼ ＜0.1%" in text


def test_dingtalk_shows_a_card_with_a_picture_and_buttons() -> None:
    card = written("dingtalk", entry(image=PICTURE))["actionCard"]
    assert card["title"] == TITLE
    assert card["text"].split("\n\n") == [
        f"### {TITLE}",
        "![](https://p3-aio.ecombdimg.com/obj/temai/a%281%29.jpg)",
        f"**[磨毛衬衫]({SITE}/products/{FIRST_ID}/)**  \n"
        "¥72.00 → ¥63.00 ▼ 12.5%  \n11-11 10:00 · 对手",
        "Stallwatch",
    ]
    assert [button["actionURL"] for button in card["btns"]] == [EVIDENCE, DOUYIN, MUTE, ALL]


def test_wecom_shows_one_product_with_a_picture_as_a_card() -> None:
    assert written("wecom", entry(image=PICTURE))["template_card"] == {
        "card_type": "news_notice",
        "source": {"desc": "Stallwatch"},
        "main_title": {"title": "Price down 12.5%", "desc": "磨毛衬衫"},
        "card_image": {"url": PICTURE, "aspect_ratio": 1.3},
        "vertical_content_list": [
            {"title": "¥72.00 → ¥63.00 ▼ 12.5%", "desc": "11-11 10:00 · 对手"}
        ],
        "jump_list": [
            {"type": 1, "title": "Douyin", "url": DOUYIN},
            {"type": 1, "title": "Mute for a day", "url": MUTE},
            {"type": 1, "title": "See all alerts", "url": ALL},
        ],
        "card_action": {"type": 1, "url": EVIDENCE},
    }


def test_wecom_shows_a_product_without_a_picture_as_markdown() -> None:
    assert written("wecom", entry())["markdown"]["content"].split("\n") == [
        f"### {TITLE}",
        "",
        f"[磨毛衬衫]({SITE}/products/{FIRST_ID}/)",
        '¥72.00 → ¥63.00 <font color="info">▼ 12.5%</font>',
        f'<font color="comment">11-11 10:00 · 对手</font> · [Evidence]({EVIDENCE}) · '
        f"[Douyin]({DOUYIN}) · [Mute for a day]({MUTE})",
        "",
        f"[See all alerts]({ALL}) · Stallwatch",
    ]


def test_the_longest_product_fits_into_wecoms_markdown() -> None:
    moments = [[AT.isoformat(), f"{step}" + "😀" * 200] for step in range(4)]
    fields: dict[str, Any] = {"count": 4, "began_at": AT, "moments": moments}
    fields |= {"before": "😁" * 200, "after": moments[-1][1]}
    alerts = [
        alert
        for name in ("title", "name", "company_name", "presale")
        for alert in entry("😂" * 200, on=name + "😃" * 99, field=name, **fields).alerts
    ]
    text = written("wecom", MailEntry(alerts, SHANGHAI, []), entry(number=1))["markdown"]["content"]
    assert EVIDENCE in text
    assert len(text.encode()) <= 4096
