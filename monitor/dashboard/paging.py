"""Pages of very long tables: counted seldom, and read from the nearer end."""

from __future__ import annotations

import time
from hashlib import blake2b
from typing import Any

from django.core.cache import cache
from django.core.exceptions import EmptyResultSet
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from monitor.models import User

#: A count that took longer than this (in seconds) is remembered for a while: the table moves less than it costs.
LONG, REMEMBERED = 0.01, 30


def count_of(rows: QuerySet[Any], user: User) -> int:
    """How many rows there are. One query, or none where the last one took long and was a moment ago."""
    try:
        sql, parameters = rows.order_by().query.sql_with_params()
    except EmptyResultSet:
        return 0
    asked = blake2b(f"{sql}{parameters}".encode(), digest_size=16).hexdigest()
    key = f"count:{user.pk}:{asked}"
    known = cache.get(key)
    if known is None:
        began = time.perf_counter()
        known = rows.order_by().count()
        if time.perf_counter() - began > LONG:
            cache.set(key, known, REMEMBERED)
    return int(known)


class NearPaginator(Paginator):  # type: ignore[type-arg] # It is generic for mypy alone.
    """Pages that are read from the nearer end.

    The database walks an index entry by entry up to the page's first: so the last page costs as little as the first.
    """

    def __init__(self, rows: QuerySet[Any], size: int, *, counted: int) -> None:
        self._rows, self._counted = rows, counted
        super().__init__(self._rows, size)

    @property
    def count(self) -> int:
        return self._counted

    def page(self, number: int | str) -> Page[Any]:
        """The page of that number; raises EmptyPage as Django's own does."""
        valid = self.validate_number(number)
        first = (valid - 1) * self.per_page
        last = min(first + self.per_page, self.count)
        if first <= self.count - last:
            found = list(self._rows[first:last])
        else:
            found = list(self._rows.reverse()[self.count - last : self.count - first])[::-1]
        return Page(found, valid, self)
