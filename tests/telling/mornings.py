"""Helpers for tests of sending times. Stories begin on a Wednesday morning."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from monitor.models import Message, Watchlist
from monitor.people import channels, people
from monitor.telling.outbox import send_due
from monitor.watching.services import add_products, create_watchlist
from tests.polling.story import START, Story

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
#: 8:00 in Shanghai.
MORNING = START


def plan(
    story: Story, how: str = "at_once", lists: dict[int, str] | None = None, **fields: Any
) -> None:
    """Save the merchant's mail settings; `lists` has the choice for single lists."""
    for name, value in fields.items():
        setattr(story.user, name, value)
    people.save_settings(story.user, fields, story.now)
    mailbox = story.user.mailbox
    mailbox.how = how
    channels.change(mailbox, lists or {}, story.now)


def another_list(story: Story, name: str = "Shoes") -> Watchlist:
    watchlist = create_watchlist(story.user, name)
    add_products(watchlist, story.num_iids, story.now)
    return watchlist


def send_at(story: Story, steps: Iterable[timedelta]) -> list[datetime]:
    """Run the outbox at each of these times after `MORNING`; return the times when it did
    something."""
    moments = [MORNING + step for step in steps]
    return [now for now in moments if send_due(now) != Counter()]


def every(step: timedelta, until: timedelta, since: timedelta = timedelta(0)) -> list[timedelta]:
    return [since + step * n for n in range((until - since) // step + 1)]


def waiting() -> list[tuple[str, str, datetime, int]]:
    """Return each unsent mail: recipient, kind, due time, and number of alerts."""
    rows = Message.objects.filter(status="pending").order_by("next_attempt_at", "pk")
    return [
        (row.address.partition("@")[0], row.kind, row.next_attempt_at, row.alerts.count())
        for row in rows
    ]
