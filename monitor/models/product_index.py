"""The values by which pages search, filter and sort products, in a table of their own.

Every check updates the product's own row, and then PostgreSQL writes to every index of that row: an
index for each order would multiply the writes of a check by five. Rows of this table are written
only when a value changes, by `monitor.recording.product_index`."""

from collections.abc import Collection, Mapping
from typing import ClassVar, Self

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import (
    Case,
    Exists,
    F,
    FloatField,
    OrderBy,
    OuterRef,
    Q,
    SmallIntegerField,
    Value,
    When,
)
from django.db.models.expressions import Combinable, ExpressionWrapper
from django.db.models.functions import Cast, NullIf, Round
from django.db.models.lookups import IsNull

from monitor.models.catalog import Product
from monitor.models.choices import STATUS_CHOICES
from monitor.models.fields import JSONField
from monitor.models.watchlists import Watch
from monitor.provider.observation import Status

#: A product on more watchlists stores `MANY_LISTS` instead: each order's index holds the lists, and
#: must stay short.
MOST_LISTS = 20
MANY_LISTS = "many"
_FROM_GOOD_TO_BAD = (
    *(
        Status.ON_SALE,
        Status.APPROVED_WAITING,
        Status.UNDER_REVIEW,
        Status.OFF_SHELF,
        Status.REJECTED,
    ),
    *(Status.ABNORMAL, Status.BANNED, Status.DELETED, Status.NOT_FOUND),
)
STANDINGS = {status.value: standing for standing, status in enumerate(_FROM_GOOD_TO_BAD)}


def _share(before: str) -> models.GeneratedField:
    """Return how far the price has moved since, as a fraction of the price `before`."""
    moved: Combinable = (F("price") - F(before)) * Value(1.0) / NullIf(F(before), Value(0))
    return models.GeneratedField(
        expression=ExpressionWrapper(moved, output_field=FloatField()),
        output_field=FloatField(null=True),
        db_persist=True,
    )


#: The column of each order. '-changed' puts products that never changed last, ordered by their
#: first reply.
CHECKED = "checked"
SORTS: Mapping[str, F] = {
    "changed": F("changed_at"),
    "title": F("title"),
    "shop": F("shop_name"),
    "price": F("price"),
    "day": F("day_share"),
    "week": F("week_share"),
    "sales": F("sales"),
    "units": F("units"),
    "revenue": F("revenue"),
    "status": F("standing"),
    "interval": F("interval"),
    CHECKED: F("product__checked_at"),
}


def order_of(sort: str) -> list[OrderBy]:
    """Return the order by a key of `SORTS`, descending after a '-'. Unknown values come last."""
    if sort == CHECKED:
        # Exactly the reverse of '-checked', to use the same index: another one would slow down
        # every check.
        order = order_of(f"-{CHECKED}")
        for part in order:
            part.reverse_ordering()
        return order
    name = sort.removeprefix("-")
    columns = [F("really_changed_at"), F("changed_at")] if sort == "-changed" else [SORTS[name]]
    order = []
    for column in columns:
        order += [OrderBy(IsNull(column, True)), OrderBy(column, descending=sort != name)]
    return [*order, OrderBy(F("product"))]


def pairs_of(words: str) -> dict[str, None]:
    """Return each character of `words`, and each adjacent pair: most Chinese words have two
    characters."""
    pieces = [words[place : place + size] for place in range(len(words)) for size in (1, 2)]
    return dict.fromkeys(piece for piece in pieces if piece.split() == [piece])


class ProductIndexQuerySet(models.QuerySet["ProductIndex"]):
    def on_lists(self, watchlists: Collection[int]) -> Self:
        """Return products on any of these watchlists, each once."""
        if not watchlists:
            return self.none()
        is_on_one = Q(lists__has_any_keys=[str(key) for key in sorted(watchlists)])
        watches = Watch.objects.filter(product=OuterRef("pk"), watchlist__in=watchlists)
        return self.filter(is_on_one | Q(Exists(watches), lists__has_key=MANY_LISTS))

    def listed_by(self, shop: int, **entry: object) -> Self:
        """Return the products that the range of a followed shop has now, or those whose entry in it
        is as `entry` says."""
        left = {} if "left_at__isnull" in entry else {"left_at": None}
        columns = {"shop": shop, "lacked_at": None, **left, **entry}
        return self.filter(
            **{f"product__range_entries__{name}": value for name, value in columns.items()}
        )

    def matching(self, words: str, lowest: int | None, highest: int | None) -> Self:
        """Return products at these prices whose titles have all the words; a word may be the whole
        ID."""
        rows = self.between(lowest, highest)
        for word in words.split():
            rows = rows.filter(Q(title__icontains=word) | Q(product__num_iid=word))
        return rows

    def between(self, lowest: int | None, highest: int | None) -> Self:
        """Return products at prices within bounds, in fen; None is no bound."""
        rows = self if lowest is None else self.filter(price__gte=lowest)
        return rows if highest is None else rows.filter(price__lte=highest)

    def with_word(self, word: str) -> Self:
        """Return products with `word` in their title, their shop's name or their ID, ignoring
        case."""
        small = word.lower()
        rows = self.filter(
            pairs__has_keys=[piece for piece in pairs_of(small) if len(piece) == min(len(small), 2)]
        )
        # The pairs alone find a word of one or two characters.
        return rows if len(small) <= 2 and small.isalnum() else rows.filter(words__contains=small)


class ProductIndex(models.Model):
    product = models.OneToOneField(Product, models.CASCADE, primary_key=True, related_name="index")
    #: The keys of the product's watchlists: {"12": null}.
    lists = JSONField(default=dict)
    shop_key = models.BigIntegerField(null=True, db_index=True)
    #: Title, shop and ID in lower case, one a line; and their characters and pairs, for the search.
    words = models.TextField(default="")
    pairs = JSONField(default=dict)
    title = models.CharField(max_length=500, null=True)  # noqa: DJ001 - None is 'not known'
    shop_name = models.CharField(max_length=200, null=True)  # noqa: DJ001
    #: The current price: NULL if the product is gone.
    price = models.BigIntegerField(null=True)
    #: `monitor.recording.ageing` updates them at `look_back_at`.
    price_a_day_ago = models.BigIntegerField(null=True)
    price_a_week_ago = models.BigIntegerField(null=True)
    day_share = _share("price_a_day_ago")
    week_share = _share("price_a_week_ago")
    look_back_at = models.DateTimeField(null=True)
    sales = models.BigIntegerField(null=True)
    #: Units a day in the last 7 days, likely and between two bounds, as
    #: `monitor.history.sales_pace` estimates them. Without an estimate `units` is NULL;
    #: `units_high` may still be a bound.
    units_low = models.FloatField(null=True)
    units = models.FloatField(null=True)
    units_high = models.FloatField(null=True)
    #: Units a day in the 7 days before; and what the count itself rose by a day, for sums of many
    #: products.
    units_before = models.FloatField(null=True)
    risen_7 = models.FloatField(null=True)
    risen_14 = models.FloatField(null=True)
    risen_30 = models.FloatField(null=True)
    risen_error = models.FloatField(null=True)
    #: In fen a day, at the current price.
    revenue = models.GeneratedField(
        expression=Cast(
            Round(F("price") * F("units"), output_field=FloatField()), models.BigIntegerField()
        ),
        output_field=models.BigIntegerField(null=True),
        db_persist=True,
    )
    status = models.CharField(max_length=20, choices=STATUS_CHOICES, null=True)  # noqa: DJ001
    #: The status as a number, from good to bad.
    standing = models.GeneratedField(
        expression=Case(
            *(When(status=status, then=Value(standing)) for status, standing in STANDINGS.items()),
            output_field=SmallIntegerField(),
        ),
        output_field=SmallIntegerField(null=True),
        db_persist=True,
    )
    first_data_time = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)
    #: NULL if nothing has changed since the first reply.
    really_changed_at = models.GeneratedField(
        expression=NullIf(F("changed_at"), F("first_data_time")),
        output_field=models.DateTimeField(null=True),
        db_persist=True,
    )
    failing_since = models.DateTimeField(null=True)
    interval = models.DurationField(null=True)
    soonest = models.DurationField(null=True)
    hours = models.IntegerField(null=True)
    is_paused = models.BooleanField(default=True)

    objects = ProductIndexQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            # With the lists in an order's index, a late page is found without reading the rows
            # before it.
            *(
                models.Index(
                    *order_of(f"{way}{name}"),
                    F("lists"),
                    name=f"product_by_{name}{'_down' * bool(way)}",
                )
                for name in SORTS
                if name != CHECKED
                for way in ("", "-")
            ),
            # For filters by short lists, and for the search.
            GinIndex(fields=["lists"], name="product_index_lists"),
            GinIndex(fields=["pairs"], name="product_index_pairs"),
            models.Index(
                fields=["failing_since"],
                name="product_index_failing",
                condition=Q(failing_since__isnull=False),
            ),
            models.Index(
                fields=["product"], name="product_index_paused", condition=Q(is_paused=True)
            ),
            models.Index(
                fields=["look_back_at"],
                name="product_index_look_back",
                condition=Q(look_back_at__isnull=False),
            ),
            # `monitor.planning.forecast`: how many products are checked how often.
            models.Index(
                fields=["interval", "soonest", "hours"],
                name="product_index_paces",
                condition=Q(interval__isnull=False),
            ),
        ]
