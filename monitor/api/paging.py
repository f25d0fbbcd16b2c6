"""Pages of rows in a fixed order. A cursor holds the values of the last row that was sent, so rows
that come or go meanwhile neither repeat nor hide others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from operator import attrgetter
from typing import Annotated, Any

from django.core import signing
from django.db.models import Model, Q, QuerySet
from ninja import Field

from monitor.api.errors import invalid
from monitor.api.schemas import Described, Instant

MOST_ROWS = 100
_SALT = "api cursor"
Cursor = Annotated[str, Field(max_length=4000, pattern=r"^[^\x00]*$")]
#: Rows this old are all visible: transactions, also repeated ones, are shorter. Of younger rows an
#: earlier one may still appear after a later one.
SETTLED = timedelta(minutes=2)
LAST_KEY = 2**63 - 1


class PageQuery(Described):
    """Which page."""

    cursor: Cursor = ""
    """`next` of the page before"""
    limit: int = Field(50, ge=1, le=MOST_ROWS)
    """Rows of a page"""


class ReadingOn(PageQuery):
    """Which page, or what came since an earlier answer."""

    after: Annotated[Instant | Cursor | None, Field(union_mode="left_to_right")] = None
    """A time, or `next` of an answer to such a request: what was recorded since, the oldest
    first"""


@dataclass(frozen=True, slots=True)
class KeyColumn:
    """A column of an order, by its name in queries. Unknown values come last."""

    name: str
    descends: bool = False

    def after(self, value: Any) -> Q:
        """Return the rows that come after a row with this value, by this column alone."""
        if value is None:
            return Q(pk__in=[])
        return Q(**{f"{self.name}__{'lt' if self.descends else 'gt'}": value}) | self.same(None)

    def reached(self, value: Any) -> Q:
        """Return the rows that come after such a row, or have the same value. The index serves this
        condition."""
        if value is None:
            return self.same(None)
        return Q(**{f"{self.name}__{'lte' if self.descends else 'gte'}": value}) | self.same(None)

    def same(self, value: Any) -> Q:
        return Q(**({f"{self.name}__isnull": True} if value is None else {self.name: value}))

    def value_of(self, row: Any) -> Any:
        return attrgetter(self.name.replace("__", "."))(row)


class Keyset:
    """The order of a query's rows, whose last column is unique. A cursor serves the query of its
    `facts`."""

    def __init__(self, columns: Sequence[KeyColumn], *facts: object) -> None:
        self.columns = columns
        self._subject = blake2b(repr(facts).encode(), digest_size=10).hexdigest()

    def after(self, cursor: str) -> Q:
        """Return the rows after the cursor; all without one. Raises `RequestError`."""
        return self._rows_after(self._values(cursor, "query.cursor")) if cursor else Q()

    def _values(self, cursor: str, where: str) -> list[Any]:
        try:
            subject, *values = signing.loads(cursor, salt=_SALT)
        except signing.BadSignature:
            subject, values = "", []
        if subject != self._subject:
            raise invalid(where, "This is no cursor of this query.", "invalid-cursor")
        return [_read(value) for value in values]

    def _rows_after(self, values: Sequence[Any]) -> Q:
        return self.columns[0].reached(values[0]) & _following(self.columns, values)

    def page[Row: Model](
        self,
        rows: QuerySet[Row],
        query: PageQuery,
        read: Callable[[QuerySet[Row]], list[Any]] = list,
    ) -> dict[str, Any]:
        """Return the page of `rows` that a request asks for, for columns whose values are all
        known."""
        names = [f"-{column.name}" if column.descends else column.name for column in self.columns]
        following = rows.filter(self.after(query.cursor)).order_by(*names)
        return self.cut(read(following[: query.limit + 1]), query.limit)

    def read_on[Row: Model](
        self, rows: QuerySet[Row], query: ReadingOn, now: datetime
    ) -> dict[str, Any]:
        """Return the rows that were written after `query.after`, the oldest first. The columns of
        the order are the time of writing and the key.

        `next` is where the next request begins, also if nothing came. Rows of the last moments are
        left for later."""
        if query.cursor:
            raise invalid("query.cursor", "Send either `cursor` or `after`.")
        after, (written, key) = query.after, self.columns
        begin = self._values(after, "query.after") if isinstance(after, str) else [after, 0]
        settled = now - SETTLED
        new = rows.filter(
            self._rows_after(begin), **{f"{written.name}__range": (begin[0], settled)}
        )
        shown = list(new.order_by(written.name, key.name)[: query.limit])
        if len(shown) == query.limit:
            end = [column.value_of(shown[-1]) for column in self.columns]
        else:
            end = max(begin, [settled, LAST_KEY])
        return {"items": shown, "next": self._cursor(end)}

    def cut[Row](self, rows: list[Row], limit: int) -> dict[str, Any]:
        """Return a page of `rows`, of which one more than `limit` was read."""
        shown, following = rows[:limit], None
        if len(rows) > limit:
            following = self._cursor([column.value_of(shown[-1]) for column in self.columns])
        return {"items": shown, "next": following}

    def _cursor(self, values: Sequence[Any]) -> str:
        # Compressed, because a Chinese title in JSON is six times as long.
        return signing.dumps([self._subject, *map(_written, values)], salt=_SALT, compress=True)


def _following(columns: Sequence[KeyColumn], values: Sequence[Any]) -> Q:
    column, value = columns[0], values[0]
    if len(columns) == 1:
        return column.after(value)
    return column.after(value) | (column.same(value) & _following(columns[1:], values[1:]))


def _written(value: Any) -> Any:
    """Return a value for JSON: times and spans as a pair of their kind and a value."""
    if isinstance(value, datetime):
        return "at", value.isoformat()
    return ("span", value // timedelta(microseconds=1)) if isinstance(value, timedelta) else value


def _read(value: Any) -> Any:
    """Return the value that `_written` turned into JSON."""
    if not isinstance(value, list):
        return value
    kind, stored = value
    return datetime.fromisoformat(stored) if kind == "at" else timedelta(microseconds=stored)
