"""A merchant who chooses when mails come, from a Wednesday morning on."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from monitor.delivery.outbox import send_due
from monitor.models import Email, Watchlist
from monitor.watchlists.mails import save_plan
from monitor.watchlists.services import add_products, create_watchlist
from tests.story import START, Story

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
#: At eight in the morning of Shanghai.
MORNING = START


def plan(story: Story, how: str = "at_once", chosen: dict[int, str] | None = None, **fields: Any) -> None:
    """What the merchant chooses in his settings."""
    for name, value in {"mail_how": how, **fields}.items():
        setattr(story.user, name, value)
    save_plan(story.user, ["mail_how", *fields], chosen or {}, story.now)


def another_list(story: Story, name: str = "Shoes") -> Watchlist:
    watchlist = create_watchlist(story.user, name)
    add_products(watchlist, story.num_iids, story.now)
    return watchlist


def pass_by(story: Story, steps: Iterable[timedelta]) -> list[datetime]:
    """A pass of the outbox at each of these times since the morning; those at which something was due."""
    moments = [MORNING + step for step in steps]
    return [now for now in moments if send_due(now) != Counter()]


def every(step: timedelta, until: timedelta, since: timedelta = timedelta(0)) -> list[timedelta]:
    return [since + step * n for n in range((until - since) // step + 1)]


def waiting() -> list[tuple[str, str, datetime, int]]:
    """Each unsent mail: to whom, of what kind, when it is due, and how many alerts it tells of."""
    rows = Email.objects.filter(status="pending").order_by("next_attempt_at", "pk")
    return [(row.address.partition("@")[0], row.kind, row.next_attempt_at, row.alerts.count()) for row in rows]
