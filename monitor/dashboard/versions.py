"""Whether what an open page shows is still so, told without reading what it shows.

A page carries a version: a digest of the little that it hangs on beside the data, and marks, the newest rows that
there were, of anybody's, in the tables that only grow. It still holds while the digest is the same and none of the rows
above the marks is about something on the reader's lists. So the cost of asking is that of what came since, of which
there is little, and not of what is watched, of which there may be much.

What leaves no row (a list renamed by another member, a product taken off it), what the clock moves, and a row whose
transaction ended after that of a later one are seen when the digest's slot of time ends.
"""

from __future__ import annotations

import re
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self

from django.conf import settings
from django.db import connection
from django.db.models import BigIntegerField
from django.db.models.expressions import RawSQL
from django.utils import timezone

from monitor.models import Alert, Outage, ShopScore, Snapshot, User, Watch, Watchlist

#: No page stays as it is for longer, in view of its reader.
SLOT = timedelta(minutes=10)
#: A check's failure counts from its reply, and is recorded with the rest of its batch.
RECORDED_WITHIN = timedelta(minutes=1)
#: The tables that only grow and what pages tell of, by the name of the mark.
GROWING = {"snapshot": Snapshot, "score": ShopScore, "outage": Outage, "alert": Alert, "watch": Watch}
#: Written out, for it is asked more often than anything else, and making it out of models takes longer than its answer.
NEWS = """
    WITH lists AS ({lists}), mine AS NOT MATERIALIZED (
        SELECT w.product_id FROM monitor_watch AS w WHERE w.watchlist_id IN (SELECT * FROM lists)
    )
    SELECT EXISTS (
        SELECT 1 FROM monitor_snapshot AS s WHERE s.id > %s AND s.product_id IN (SELECT * FROM mine)
    ) OR EXISTS (
        SELECT 1 FROM monitor_outage AS o WHERE o.id > %s AND o.product_id IN (SELECT * FROM mine)
    ) OR EXISTS (
        SELECT 1 FROM monitor_product AS p
        WHERE p.failing_since > %s AND p.next_check_at IS NOT NULL AND p.id IN (SELECT * FROM mine)
    ) OR EXISTS (
        SELECT 1 FROM monitor_shopscore AS c JOIN monitor_product AS p ON p.shop_id = c.shop_id
        WHERE c.id > %s AND p.id IN (SELECT * FROM mine)
    ) OR EXISTS (
        SELECT 1 FROM monitor_alert AS a WHERE a.id > %s AND a.watchlist_id IN (SELECT * FROM lists)
    ) OR EXISTS (
        SELECT 1 FROM monitor_watch AS w WHERE w.id > %s AND w.watchlist_id IN (SELECT * FROM lists)
    )
"""
_TEXT = re.compile(r'W/"([0-9a-f]{20})(-[0-9a-f]{1,8}(?:-[0-9a-f]{1,15}){5})"')


@dataclass(frozen=True, slots=True)
class Marks:
    """When a page was read, in seconds, and the newest row of each growing table."""

    at: int
    snapshot: int
    score: int
    outage: int
    alert: int
    watch: int


@dataclass(frozen=True, slots=True)
class Version:
    digest: str
    marks: Marks

    @classmethod
    def of(cls, marks: Marks, *facts: Any) -> Self:
        return cls(blake2b(repr((_release(), *facts)).encode(), digest_size=10).hexdigest(), marks)

    @classmethod
    def parse(cls, etag: str) -> Self | None:
        """What `etag` says; None for anything that is no version."""
        told = _TEXT.fullmatch(etag)
        if told is None:
            return None
        return cls(told[1], Marks(*(int(number, 16) for number in told[2].split("-")[1:])))

    @property
    def etag(self) -> str:
        """Weak: answers of one version may differ in their tokens and in how long ago something was."""
        return f'W/"{self}"'

    def __str__(self) -> str:
        return "-".join((self.digest, *(f"{number:x}" for number in astuple(self.marks))))


def newest() -> dict[str, Any]:
    """The newest row of each growing table, for a query's `values`."""
    found = "(SELECT coalesce(max(id), 0) FROM {})"
    return {
        name: RawSQL(found.format(model._meta.db_table), [], BigIntegerField())  # noqa: S611 - Names of our own tables.
        for name, model in GROWING.items()
    }


def has_news(user: User, marks: Marks) -> bool:
    """Whether something on the user's lists is newer than the marks. One query."""
    lists, of_user = Watchlist.objects.for_user(user).values("pk").query.sql_with_params()
    began = datetime.fromtimestamp(marks.at, UTC) - RECORDED_WITHIN
    failing = connection.ops.adapt_datetimefield_value(began)
    since = [marks.snapshot, marks.outage, failing, marks.score, marks.alert, marks.watch]
    with connection.cursor() as cursor:
        cursor.execute(NEWS.format(lists=lists), [*of_user, *since])
        return bool(cursor.fetchone()[0])


def slot(user: User, now: datetime) -> tuple[int, str]:
    """The stretch of time that a version holds for at most; each user's begins at another minute."""
    length = int(SLOT.total_seconds())
    return (int(now.timestamp()) + user.pk * 61 % length) // length, timezone.localdate(now).isoformat()


@cache
def _release() -> str:
    """A digest of all that makes a page out of data: another version of the site makes other pages."""
    told = blake2b(digest_size=10)
    for folder, endings in (
        (settings.BASE_DIR / "templates", {".html"}),
        (settings.BASE_DIR / "monitor", {".py", ".mo"}),
    ):
        for path in sorted(Path(folder).rglob("*")):
            if path.suffix in endings:
                told.update(path.read_bytes())
    return told.hexdigest()
