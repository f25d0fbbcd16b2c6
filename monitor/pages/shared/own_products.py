"""The products among which somebody chooses the one of his own that a rule compares prices with."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from django.db.models import BigIntegerField, F, Min, Q, Value
from django.db.models.functions import Coalesce

from monitor.models import Product, User, Watch, Watchlist
from monitor.models.watchlists import all_see
from monitor.pages.shared.product_filters import MOST_WORDS
from monitor.text import formatting

#: Products that a list to choose from holds; of more than these, it holds what a search finds.
MOST_OFFERED = 50
LONGEST_NAME = 40

type Group = tuple[str, Sequence[tuple[int, str]]]


class _OwnRow(NamedTuple):
    group: str
    key: int
    name: str


class OwnProducts:
    """What is on the lists that `user` sees: the names of products by their keys, under the names of the lists, those
    of the list that the rule is for first.

    Read once and only when asked: one query for what is offered, one for each that is named.
    """

    def __init__(self, user: User, watchlist: int | None = None) -> None:
        self.user, self.watchlist = user, watchlist

    @cached_property
    def _first(self) -> list[_OwnRow]:
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

    def all_see(self, product: Product) -> bool:
        """Whether everybody who sees the rule's list sees the product, too. One query."""
        lists = Watchlist.objects.filter(pk=self.watchlist or 0).annotate(own=Value(product.pk, BigIntegerField()))
        return lists.filter(all_see("own", "pk", "owner")).exists()

    def _rows(self, search: str) -> list[_OwnRow]:
        watches = Watch.objects.for_user(self.user)
        for word in search.split()[:MOST_WORDS]:
            by_title = watches.filter(product__title__icontains=word)
            watches = by_title | watches.filter(product__num_iid=word)
        # A product may be on several lists; it is offered once, under the rule's or the first of them.
        once = watches.order_by().values("product_id", "product__title", "product__num_iid")
        here = Min("watchlist__name", filter=Q(watchlist=self.watchlist))
        named = once.annotate(here=here, group=Coalesce("here", Min("watchlist__name"))).order_by(
            F("here").asc(nulls_last=True), "group", "product__title", "product_id"
        )
        rows = named.values_list("group", "product_id", "product__title", "product__num_iid")[: MOST_OFFERED + 1]
        return [
            _OwnRow(formatting.one_line(group), key, name_of(title, num_iid)) for group, key, title, num_iid in rows
        ]


def name_of(title: str | None, num_iid: str) -> str:
    return formatting.one_line(title or num_iid, LONGEST_NAME)
