"""What the messages of the three group robots look like."""

import json
from typing import Any

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


#: What all of them say of a product.
TEXT = [
    f"[磨毛衬衫]({SITE}/products/{FIRST_ID}/)  ",
    "¥72.00 → ¥63.00 ▼ 12.5%  ",
    f"11-11 10:00 · 对手 · [Evidence]({EVIDENCE}) · [Douyin]({DOUYIN}) · [Mute for a day]({MUTE})",
    "",
    f"[See all alerts]({ALL}) · Stallwatch",
]


def test_feishu_shows_a_card() -> None:
    card = written("feishu", entry())["card"]
    assert card["header"]["title"] == {"tag": "plain_text", "content": TITLE}
    [text] = card["elements"]
    assert text["text"]["tag"] == "lark_md"
    assert text["text"]["content"].split("\n") == TEXT


def test_a_small_move_keeps_its_sign() -> None:
    """'<0.1%' is markup to Feishu."""
    card = written("feishu", entry(before=720_000, after=719_999))["card"]
    assert "▼ ＜0.1%" in card["elements"][0]["text"]["content"]


def test_dingtalk_shows_markdown_below_a_title() -> None:
    message = written("dingtalk", entry())["markdown"]
    assert message["title"] == TITLE
    assert message["text"].split("\n") == [f"### {TITLE}", "", *TEXT]


def test_wecom_shows_markdown() -> None:
    message = written("wecom", entry())["markdown"]
    assert message["content"].split("\n") == [f"### {TITLE}", "", *TEXT]


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
