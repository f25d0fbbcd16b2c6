"""Messages in memory, and what a platform's client would make of their text."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from monitor.models import Alert, Product, User, Watchlist
from monitor.people.timing.times import zone_of
from monitor.showing.history.trends import sparklines
from monitor.telling.channels.parts import Content
from monitor.telling.entries import MailEntry
from monitor.telling.entries import entries as entries_of
from monitor.telling.report.subjects import subject
from monitor.text.formatting import has_web_address
from tests.polling.story import FIRST_ID

SITE = "https://watch.example.org"
SHANGHAI = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 11, 11, 2, 0, tzinfo=UTC)
PICTURE = "https://p3-aio.ecombdimg.com/obj/temai/a(1).jpg"
_LINK = re.compile(r"(\*\*)?!?\[[^\[\]]*\]\(([^()\s]*)\)(?(1)\*\*)")
_TITLE = re.compile(r"\A(?:### |\*([^*\n]+)\*$)", re.MULTILINE)
#: Markup of any of the platforms, left over after links of ours.
_MARKUP = re.compile(r"[\\`*~|<>\[\]&@#]|\n[-+=]")


def entry(
    name: str = "磨毛衬衫", number: int = 0, *, image: str = "", on: str = "对手", **fields: Any
) -> MailEntry:
    """Return the entry of a product whose price fell, or what `fields` of the alert say, on the
    watchlist `on`."""
    product = Product(pk=number + 1, num_iid=str(FIRST_ID + number), title=name, image=image)
    fields = {
        "field": "price",
        "before": 7200,
        "after": 6300,
        "rule_as_it_was": {"kind": "price_changed"},
        **fields,
    }
    watchlist = Watchlist(pk=3, name=on)
    times = {"data_time": AT, "created_at": AT}
    return MailEntry(
        [Alert(pk=number + 101, watchlist=watchlist, product=product, **times, **fields)],
        SHANGHAI,
        [],
    )


def content(
    *entries: MailEntry, title: str = "Price down 12.5% · ¥72.00 → ¥63.00: 磨毛衬衫"
) -> Content:
    return Content("msg_1", title, entries, f"{SITE}/alerts/", AT)


def content_of(user: User, now: datetime) -> Content:
    """Return a message about all alerts of a user."""
    alerts = list(Alert.objects.for_user(user).for_reader(user, now).newest_first())
    prices = sparklines([alert.product for alert in alerts if alert.product], now)
    rows = entries_of(alerts, zone_of(user), prices)
    return Content("msg_1", subject(rows), rows, f"{SITE}/alerts/", now)


def addresses(body: Any) -> set[str]:
    """Return all addresses that a client makes clickable in a message. Fails on markup that is not
    ours."""
    found = set()
    for text in _strings(body):
        if text.startswith("https://"):
            found.add(text)
            continue
        found |= {match[2] for match in _LINK.finditer(text)}
        rest = _LINK.sub("", _TITLE.sub(r"\1", text))
        assert not _MARKUP.search(rest), rest
        assert not any(map(has_web_address, rest.split("\n"))), rest
    return found


def links_of(*entries: MailEntry) -> set[str]:
    """Return all addresses that a message about `entries` has."""
    links = {
        link for entry in entries for link in (entry.about, entry.link, entry.on_douyin, entry.mute)
    }
    return {*links, f"{SITE}/alerts/"}


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)
