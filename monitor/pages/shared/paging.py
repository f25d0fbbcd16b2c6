"""Pages of very long tables."""

from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from monitor.history.caching import cached_count


class LongPaginator(Paginator):  # type: ignore[type-arg] # It is generic for mypy alone.
    """Counts very many rows once in half a minute; `subject` tells their count from others.

    An offset costs as much as the rows it skips, 28 ms for 100,000: pages of the second half are read from the end.
    """

    def __init__(self, rows: QuerySet[Any, Any], size: int, *, subject: object) -> None:
        super().__init__(rows, size)
        self._rows, self._subject = rows, subject

    @cached_property
    def count(self) -> int:
        return cached_count("page", self._subject, self._rows.count, int)

    def page(self, number: int | str) -> Page[Any]:
        valid = self.validate_number(number)
        first = (valid - 1) * self.per_page
        last = min(first + self.per_page, self.count)
        if first <= self.count - last:
            return Page(list(self._rows[first:last]), valid, self)
        return Page(list(self._rows.reverse()[self.count - last : self.count - first])[::-1], valid, self)
