"""What the messages of the three group robots look like."""

import json
from typing import Any

import pytest

from monitor.provider.observation import Status
from monitor.telling.channels import POSTS
from monitor.telling.channels.parts import ChannelTarget
from monitor.telling.entries import MailEntry
from tests.polling.story import FIRST_ID
from tests.telling.channels.contents import AT, SHANGHAI, SITE, content, entry

TITLE = "Price down 12.5% · ¥72.00 → ¥63.00: 磨毛衬衫"
DOUYIN = f"https://haohuo.jinritemai.com/views/product/item2?id={FIRST_ID}"
MUTE = f"{SITE}/products/{FIRST_ID}/mute/"
EVIDENCE, ALL = f"{SITE}/alerts/101/", f"{SITE}/alerts/"


def written(kind: str, *entries: MailEntry) -> Any:
    post = POSTS[kind].write(ChannelTarget("https://x"), content(*entries), AT)
    assert rb"\u" not in post.body, "WeCom refuses escapes."
    return json.loads(post.body)


BUTTONS = [
    ("Evidence", EVIDENCE),
    ("Douyin", DOUYIN),
    ("Mute for a day", MUTE),
    ("See all alerts", ALL),
]
#: What cards say of a product, above their buttons.
TEXT = [
    f"[磨毛衬衫]({SITE}/products/{FIRST_ID}/)  ",
    "¥72.00 → ¥63.00 ▼ 12.5%  ",
    "11-11 10:00 · 对手",
    "",
    "Stallwatch",
]


def test_feishu_shows_a_card_with_buttons() -> None:
    card = written("feishu", entry())["card"]
    assert card["header"]["title"] == {"tag": "plain_text", "content": TITLE}
    text, actions = card["elements"]
    assert text["text"]["tag"] == "lark_md"
    assert text["text"]["content"].split("\n") == TEXT
    shown = [(button["text"]["content"], button["url"]) for button in actions["actions"]]
    assert shown == BUTTONS


@pytest.mark.parametrize(
    ("fields", "colour"),
    [
        ({"before": 7200, "after": 6300}, "green"),
        ({"before": 6300, "after": 7200}, "red"),
        ({"field": "status", "before": Status.ON_SALE, "after": Status.OFF_SHELF}, "red"),
        ({"field": "status", "before": Status.OFF_SHELF, "after": Status.ON_SALE}, "green"),
        ({"field": "title", "before": "a", "after": "b"}, "blue"),
    ],
)
def test_the_header_has_the_colour_of_what_happened(fields: dict[str, Any], colour: str) -> None:
    assert written("feishu", entry(**fields))["card"]["header"]["template"] == colour


def test_a_small_move_keeps_its_sign() -> None:
    """'<0.1%' is markup to Feishu."""
    card = written("feishu", entry(before=720_000, after=719_999))["card"]
    assert "▼ ＜0.1%" in card["elements"][0]["text"]["content"]


def test_dingtalk_shows_a_card_with_buttons() -> None:
    card = written("dingtalk", entry())["actionCard"]
    assert card["title"] == TITLE
    assert card["text"].split("\n") == [f"### {TITLE}", "", *TEXT]
    assert [(button["title"], button["actionURL"]) for button in card["btns"]] == BUTTONS


def test_a_card_of_several_products_has_the_links_of_each() -> None:
    card = written("dingtalk", entry(), entry(number=1))["actionCard"]
    assert f"[Evidence]({EVIDENCE})" in card["text"]
    assert [button["actionURL"] for button in card["btns"]] == [ALL]


def test_wecom_shows_markdown_with_links() -> None:
    *lines, facts, _, _footer = TEXT
    links = [f"[{words}]({address})" for words, address in BUTTONS]
    assert written("wecom", entry())["markdown"]["content"].split("\n") == [
        *(f"### {TITLE}", "", *lines),
        " · ".join([facts, *links[:-1]]),
        *("", f"{links[-1]} · Stallwatch"),
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
