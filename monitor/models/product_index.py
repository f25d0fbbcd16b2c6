"""What tables of products are searched, filtered and sorted by, in rows of their own that stand still.

Every check moves its product's row (the due time, the last look), and PostgreSQL then writes an entry into
each of the row's indexes, whatever changed. Here a row is written only when one of its values changes, so that there
may be an index for every order and filter without a price for every check.

The database keeps these rows itself, by triggers (`monitor.models.triggers`): no writer has to know of them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Self

from django.db import connection, models
from django.db.models import F, FloatField, Value
from django.db.models.expressions import Combinable, ExpressionWrapper, RawSQL
from django.db.models.functions import NullIf

from monitor.models.catalog import Product
from monitor.models.choices import STATUS_CHOICES
from monitor.models.watchlists import Watch

#: Letters of the longest words that the index of words knows.
PAIR = 2


def _share(before: str) -> models.GeneratedField:
    """By which part of itself the price has moved since."""
    moved: Combinable = (F("price") - F(before)) * Value(1.0) / NullIf(F(before), Value(0))
    return models.GeneratedField(
        expression=ExpressionWrapper(moved, output_field=FloatField()),
        output_field=FloatField(null=True),
        db_persist=True,
    )


class ProductIndexQuerySet(models.QuerySet["ProductIndex"]):
    def on_lists(self, watchlists: Collection[int]) -> Self:
        """Products that one of these watchlists holds, each once."""
        if connection.vendor != "postgresql":
            watches = Watch.objects.filter(watchlist__in=watchlists)
            return self.filter(product__in=watches.values("product"))
        # The column is there on PostgreSQL alone, kept by a trigger too: a join with the watches of a hundred thousand
        # products would cost more than everything else that a page does.
        return self._held_by(sorted(watchlists), "watchlists && %s::bigint[]")

    def shared(self, watchlist: int) -> Self:
        """Products that `watchlist` and another one hold."""
        if connection.vendor != "postgresql":
            others = Watch.objects.exclude(watchlist=watchlist).values("product")
            return self.on_lists([watchlist]).filter(product__in=others)
        # `product_index_shared` has these alone.
        return self._held_by([watchlist], "watchlists && %s::bigint[] AND cardinality(watchlists) > 1")

    def _held_by(self, watchlists: Sequence[int], condition: str) -> Self:
        """By the lists that the index tells, and by the watches of what more lists hold than it tells."""
        sql = f"({condition} OR watchlists IS NULL AND monitor_is_watched(product_id, %s::bigint[]))"
        return self.filter(_condition(sql, [watchlists, watchlists]))

    def with_word(self, word: str) -> Self:
        """Products that have `word` in their title, their shop's name or their ID, in any case.

        On PostgreSQL by the pairs of letters in it, which is what makes an index of use to Chinese: most of its words
        have two letters, and an index of trigrams finds nothing for less than three.
        """
        small = word.lower()
        if connection.vendor != "postgresql":
            return self.filter(words__contains=small)
        rows = self.filter(_condition("monitor_pairs(words) @> monitor_pairs(%s)", [small]))
        # A word that is no longer than a pair is found by it alone.
        return rows if len(small) <= PAIR and small.isalnum() else rows.filter(words__contains=small)


def _condition(sql: str, parameters: Sequence[Any]) -> RawSQL:
    """The columns stand without their table, which has another name within a subquery; no other table has them."""
    return RawSQL(sql, parameters, output_field=models.BooleanField())  # noqa: S611 - Constants, with parameters.


class ProductIndex(models.Model):
    product = models.OneToOneField(Product, models.CASCADE, primary_key=True, related_name="index")
    #: No constraints: the triggers copy what the product's own columns hold.
    shop_key = models.BigIntegerField(null=True)
    #: Title, shop and ID in small letters, a line each.
    words = models.TextField(default="")
    title = models.CharField(max_length=500, null=True)  # noqa: DJ001 - None is 'not told'
    shop_name = models.CharField(max_length=200, null=True)  # noqa: DJ001
    #: The current price: NULL for what is gone.
    price = models.BigIntegerField(null=True)
    #: `monitor.recording.past_prices` moves them on, when it is time to.
    price_a_day_ago = models.BigIntegerField(null=True)
    price_a_week_ago = models.BigIntegerField(null=True)
    day_share = _share("price_a_day_ago")
    week_share = _share("price_a_week_ago")
    look_back_at = models.DateTimeField(null=True)
    sales = models.BigIntegerField(null=True)
    status = models.CharField(max_length=20, choices=STATUS_CHOICES, null=True)  # noqa: DJ001
    first_data_time = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    interval = models.DurationField(null=True)
    soonest = models.DurationField(null=True)
    hours = models.IntegerField(null=True)
    is_paused = models.BooleanField(default=True)

    objects = ProductIndexQuerySet.as_manager()

    class Meta:
        indexes = [
            # `monitor.recording.past_prices`. The indexes of the orders and filters are on PostgreSQL alone.
            models.Index(
                fields=["look_back_at"], name="product_index_look_back", condition=models.Q(look_back_at__isnull=False)
            ),
            # `monitor.dashboard.forecast`: how many products are checked how often.
            models.Index(
                fields=["interval", "soonest", "hours"],
                name="product_index_paces",
                condition=models.Q(interval__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title or str(self.product_id)
