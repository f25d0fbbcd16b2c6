"""The products among which the user chooses their own one, for rules that compare prices with it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import groupby

from django.db.models import F, Min, Q
from django.db.models.functions import Coalesce

from monitor.models import User, Watch
from monitor.reads.products import MOST_WORDS
from monitor.text import formatting
from monitor.watchlists.rules import name_of

#: Above this number the choice shows only what a search finds.
MOST_OFFERED = 50

#: A list's name, a product's key and the product's name.
type _Row = tuple[str, int, str]


class OwnProducts:
    """The products on the lists that `user` sees, grouped by list; the list of the rule comes first.

    Read once and only when needed, by one query.
    """

    def __init__(self, user: User, watchlist: int | None = None) -> None:
        self.user, self.watchlist = user, watchlist

    @cached_property
    def _first(self) -> list[_Row]:
        return self._rows("")

    @property
    def are_many(self) -> bool:
        return len(self._first) > MOST_OFFERED

    def grouped(self, search: str = "") -> list[tuple[str, Sequence[tuple[int, str]]]]:
        """Return the choices: the key and the name of each product, under the name of a list."""
        rows = self._rows(search) if search and self.are_many else self._first
        groups = groupby(rows[:MOST_OFFERED], lambda row: row[0])
        return [(group, [(key, name) for _group, key, name in products]) for group, products in groups]

    def _rows(self, search: str) -> list[_Row]:
        watches = Watch.objects.for_user(self.user)
        for word in search.split()[:MOST_WORDS]:
            watches = watches.filter(product__title__icontains=word) | watches.filter(product__num_iid=word)
        # A product on several lists is offered once: under the rule's list, or else the first one.
        products = watches.order_by().values("product_id", "product__title", "product__num_iid")
        here = Min("watchlist__name", filter=Q(watchlist=self.watchlist))
        named = products.annotate(here=here, group=Coalesce("here", Min("watchlist__name"))).order_by(
            F("here").asc(nulls_last=True), "group", "product__title", "product_id"
        )
        rows = named.values_list("group", "product_id", "product__title", "product__num_iid")[: MOST_OFFERED + 1]
        return [(formatting.one_line(group), key, name_of(title, num_iid)) for group, key, title, num_iid in rows]
