"""The products among which somebody chooses the one of his own that a rule compares prices with."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from monitor import formatting
from monitor.dashboard.product_filters import MOST_WORDS
from monitor.models import Product, User, Watch

#: Products that a list to choose from holds; of more than these, it holds what a search finds.
MOST_OFFERED = 50
LONGEST_NAME = 40

type Group = tuple[str, Sequence[tuple[int, str]]]


class _Row(NamedTuple):
    group: str
    key: int
    name: str


class OwnProducts:
    """What is on the lists that `user` sees: the names of products by their keys, under the names of the lists.

    Read once and only when asked: one query for what is offered, one for each that is named.
    """

    def __init__(self, user: User) -> None:
        self.user = user

    @cached_property
    def _first(self) -> list[_Row]:
        return self._rows("")

    @property
    def are_many(self) -> bool:
        return len(self._first) > MOST_OFFERED

    def offered(self, search: str = "") -> list[Group]:
        rows = self._rows(search) if search and self.are_many else self._first
        return [
            (group, [(one.key, one.name) for one in some])
            for group, some in groupby(rows[:MOST_OFFERED], lambda row: row.group)
        ]

    def find(self, key: int) -> Product | None:
        """The product, where it is on one of the lists."""
        return Product.objects.filter(pk=key, watches__in=Watch.objects.for_user(self.user)).first()

    def _rows(self, search: str) -> list[_Row]:
        watches = Watch.objects.for_user(self.user)
        for word in search.split()[:MOST_WORDS]:
            by_title = watches.filter(product__title__icontains=word)
            watches = by_title | watches.filter(product__num_iid=word)
        columns = ("watchlist__name", "product_id", "product__title", "product__num_iid")
        ordered = watches.order_by("watchlist__name", "watchlist_id", "product__title", "product_id")
        rows: dict[int, _Row] = {}
        # A product may be on several lists; it is offered once.
        for name, key, title, num_iid in ordered.values_list(*columns)[: 2 * MOST_OFFERED + 2]:
            rows.setdefault(key, _Row(formatting.one_line(name), key, name_of(title, num_iid)))
        return list(rows.values())


def name_of(title: str | None, num_iid: str) -> str:
    return formatting.one_line(title or num_iid, LONGEST_NAME)
