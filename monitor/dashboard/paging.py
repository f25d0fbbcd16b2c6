"""Pages of very long tables: counted seldom, and read from the nearer end."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from monitor.dashboard.remembered import remembered
from monitor.models import User


def count_of(rows: QuerySet[Any], user: User) -> int:
    """How many rows there are. One query, or none where there were very many a moment ago."""
    try:
        sql, parameters = rows.order_by().query.sql_with_params()
    except EmptyResultSet:
        return 0
    return remembered("count", (user.pk, sql, parameters), rows.order_by().count, int)


class NearPaginator(Paginator):  # type: ignore[type-arg] # It is generic for mypy alone.
    """Pages that are read from the nearer end.

    The database walks an index entry by entry up to the page's first: so the last page costs as little as the first.
    """

    def __init__(self, rows: QuerySet[Any], size: int, *, counted: int, related: tuple[str, ...] = ()) -> None:
        self._rows, self._counted, self._related = rows, counted, related
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
            near = self._rows[first:last]
        else:
            near = self._rows.reverse()[self.count - last : self.count - first]
        # The walk needs the index alone: what else a row has is read when it is known which rows they are.
        return self.holding(near.select_related(None).values("pk"), valid)

    def holding(self, keys: Any, number: int) -> Page[Any]:
        """The page of that number, whose rows have these keys."""
        rows = self._rows.model._default_manager.filter(pk__in=keys)
        found = rows.select_related(*self._related).order_by(*self._rows.query.order_by)
        return Page(list(found), number, self)
