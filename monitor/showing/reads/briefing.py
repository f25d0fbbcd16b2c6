"""What a merchant decides by: who is below me now, what is new, what sells. Today and digests begin
with it."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.urls import reverse
from django.utils.translation import pgettext_lazy

from monitor.judging.margins import Margin, margin
from monitor.models import (
    AssortmentEntry,
    Change,
    Follow,
    Pairing,
    Product,
    Shop,
    User,
    Watch,
    Watchlist,
)
from monitor.polling.recording.sold_together import (
    SoldTogether,
    is_enough,
    sums_of_sales,
    together,
)
from monitor.showing.history.moves import Move
from monitor.showing.history.news import Happenings
from monitor.showing.history.standings import (
    OFFER,
    BelowSince,
    below_since,
    counted_price,
    is_below,
)
from monitor.showing.reads.products import own_watches

#: Of more pairings, those with most at stake are read; of more novelties, the newest.
MOST_READ = 500
#: The words, the tone and the icon of each kind of novelty, in their order.
NOVELTIES: Mapping[str, tuple[Any, str, str]] = {
    "launched": (pgettext_lazy("of a product", "new"), "", "plus"),
    "removed": (pgettext_lazy("of a product", "removed"), "warn", "package-off"),
    "climbed": (pgettext_lazy("of a product", "best seller"), "", "star"),
    "left": (pgettext_lazy("of a product", "off shelf"), "warn", "package-off"),
    "back": (pgettext_lazy("of a product", "back on sale"), "good", "circle-check"),
}
#: What the tables of Today and the mails need of products.
_OF_PRODUCT = ("num_iid", "title", "image", "units_low", "units", "units_high", "sales_step")

#: Lists by their keys, or by a query.
type Lists = Collection[int] | QuerySet[Watchlist]


@dataclass(slots=True)
class Beside:
    """A product of the user's own beside a rival: it is dearer, or sells less. `cost` is None where
    the user may not see it."""

    pairing: Pairing
    mine: int | None
    theirs: int | None
    cost: int | None
    since: BelowSince | None = None

    @property
    def product(self) -> Product:
        return self.pairing.product

    @property
    def rival(self) -> Product:
        return self.pairing.rival

    @property
    def gap(self) -> Move:
        """From my price to the rival's."""
        return Move(self.mine or 0, self.theirs or 0)

    @property
    def at_stake(self) -> float | None:
        """The yuan a day that it costs to follow: the units times the gap."""
        units = self.product.units
        return None if units is None else units * self.gap.difference / 100

    @property
    def matched(self) -> Margin | None:
        """The margin at the rival's price."""
        return margin(self.theirs, self.cost)

    @property
    def compare(self) -> str:
        query = {"with": [self.rival.num_iid]}
        return reverse("monitor:compare", args=[self.product.num_iid], query=query)


class Novelty(NamedTuple):
    """What happened to a product: it was `launched`, `removed`, became a best seller (`climbed`),
    `left` the shelf or came `back`."""

    kind: str
    product: Product
    shop: Shop | None
    at: datetime | None
    is_watched: bool = True

    @property
    def words(self) -> str:
        return str(NOVELTIES[self.kind][0])

    @property
    def tone(self) -> str:
        """'good' or 'bad', as marks and mails show it, or ''."""
        return NOVELTIES[self.kind][1]

    @property
    def icon(self) -> str:
        return NOVELTIES[self.kind][2]


@dataclass(frozen=True, slots=True)
class Selling:
    """What the user's own products sell together, and the moves of units and yuan from the seven
    days before; None unless both are known of half of the products."""

    sold: SoldTogether
    units: Move | None
    revenue: Move | None


@dataclass(frozen=True, slots=True)
class Briefing:
    """`below`: own products with a rival below them, most at stake first. `or_more`: reading
    stopped. `outsold`: rivals that surely sell more than mine, the best seller first."""

    below: Sequence[Beside]
    or_more: bool
    new: Sequence[Novelty]
    outsold: Sequence[Beside]

    @property
    def kinds(self) -> list[tuple[Any, int]]:
        """How many novelties there are of each kind, by its words, in their order."""
        counts = Counter(each.kind for each in self.new)
        return [(words, counts[kind]) for kind, (words, *_) in NOVELTIES.items() if counts[kind]]

    def __bool__(self) -> bool:
        return bool(self.below or self.new or self.outsold)


def briefing(
    user: User,
    lists: Lists,
    changed: Happenings,
    watches: Mapping[int, Sequence[Watch]],
    since: datetime,
    now: datetime,
    *,
    shown: int,
    has_pairing: bool = True,
    has_follow: bool = True,
) -> Briefing:
    """Return what the user decides by. At most three queries, less without pairings and followed
    shops.

    `watches` are those of the products whose status `changed`; `shown` rows say since when.
    """
    pairs = _pairs(user, lists, now) if has_pairing else []
    below = _undercuts(pairs)
    if told := below[:shown]:
        for row, since_when in zip(
            told, below_since([row.pairing for row in told], now), strict=True
        ):
            row.since = since_when
    return Briefing(
        below=below,
        or_more=len(pairs) == MOST_READ,
        new=[
            *(_launches(lists, since, now) if has_follow else ()),
            *_statuses(changed, watches),
        ],
        outsold=_outsold(pairs),
    )


def _pairs(user: User, lists: Lists, now: datetime) -> list[Beside]:
    """Return own products beside rivals that are cheaper or sell more. One query."""
    cheaper = Q(rival__price__lt=F("product__price"))
    sells_more = Q(rival__units_low__gt=F("product__units_high"))
    shown = Watchlist.objects.showing_costs_to(user)
    at_stake = F("product__units") * (F("product__price") - F("rival__price"))
    columns = {*_OF_PRODUCT, *OFFER}
    rows: Any = (
        Pairing.objects.seen_by(user)
        .filter(cheaper | sells_more, watch__watchlist__in=lists)
        .annotate(shown_cost=Case(When(watch__watchlist__in=shown, then="watch__cost")))
        .select_related("product", "rival")
        .only("watch", *(f"{side}__{name}" for side in ("product", "rival") for name in columns))
        .order_by(at_stake.desc(nulls_last=True), "pk")[:MOST_READ]
    )
    return [_beside(pairing, now) for pairing in rows]


def _beside(pairing: Any, now: datetime) -> Beside:
    mine, theirs = (
        counted_price(*(getattr(product, name) for name in OFFER), at=now)
        for product in (pairing.product, pairing.rival)
    )
    return Beside(pairing, mine, theirs, pairing.shown_cost)


def _undercuts(pairs: Iterable[Beside]) -> list[Beside]:
    """Return each watched product with its cheapest rival below it."""
    cheapest: dict[int, Beside] = {}
    for pair in pairs:
        if is_below(pair.mine, pair.theirs):
            last = cheapest.get(pair.pairing.watch_id)
            if last is None or (pair.theirs or 0) < (last.theirs or 0):
                cheapest[pair.pairing.watch_id] = pair
    return sorted(cheapest.values(), key=lambda pair: -(pair.at_stake or 0))


def _outsold(pairs: Iterable[Beside]) -> list[Beside]:
    """Return each rival that sells more than a product of mine even by the least estimate, once."""
    rivals: dict[int, Beside] = {}
    for pair in pairs:
        low, high = pair.rival.units_low, pair.product.units_high
        if low is not None and high is not None and low > high:
            rivals.setdefault(pair.rival.pk, pair)
    return sorted(rivals.values(), key=lambda pair: -(pair.rival.units or 0))


def _launches(lists: Lists, since: datetime, now: datetime) -> list[Novelty]:
    """Return what followed shops launched and removed, and what climbed among their ten best
    sellers. One query."""
    followed = Follow.objects.filter(watchlist__in=lists)
    climbs = Change.objects.filter(
        product=OuterRef("product"),
        field="best_ten",
        first_seen_after__gt=since,
        first_seen_after__lte=now,
    )
    watched = Watch.objects.filter(watchlist__in=lists, product=OuterRef("product"))
    climbed_at = climbs.order_by("-first_seen_after").values("first_seen_after")[:1]
    is_new = Q(appeared_at__gt=since, appeared_at__lte=now, left_at=None)
    # What waits for a reading that counts has `left_at`, too.
    is_removed = Q(left_at__gt=since, left_at__lte=now, lacked_at=None)
    entries: Any = (
        AssortmentEntry.objects.filter(shop__in=followed.values("shop"))
        .annotate(climbed_at=Subquery(climbed_at), is_watched=Exists(watched))
        .filter(is_new | is_removed | Q(is_best=True, climbed_at__isnull=False))
        .select_related("product", "shop")
        .order_by("-pk")[:MOST_READ]
    )
    rows: dict[str, list[Novelty]] = {"launched": [], "removed": [], "climbed": []}
    for entry in entries:
        kind, at = "climbed", entry.climbed_at
        if entry.left_at:
            kind, at = "removed", entry.left_at
        elif entry.appeared_at and entry.appeared_at > since:
            kind, at = "launched", entry.appeared_at
        rows[kind].append(Novelty(kind, entry.product, entry.shop, at, entry.is_watched))
    return [each for kind in rows.values() for each in kind]


def _statuses(changed: Happenings, watches: Mapping[int, Sequence[Watch]]) -> list[Novelty]:
    """Return the watched products that left the shelf or came back."""
    kinds = {"left": changed.left, "back": changed.back}
    products = {key: of_product[0].product for key, of_product in watches.items()}
    return [
        Novelty(kind, products[key], products[key].shop, None)
        for kind, keys in kinds.items()
        for key in keys
        if key in products
    ]


def selling(user: User, lists: Collection[int]) -> Selling | None:
    """Return what the user's own products sell; None without any. One query."""
    own = own_watches(user, lists).values("product")
    both = Q(units__isnull=False, units_before__isnull=False, price_a_week_ago__isnull=False)
    sums = Product.objects.filter(pk__in=own).aggregate(
        **sums_of_sales(),
        units_then=Sum("units_before", filter=both),
        units_now=Sum("units", filter=both),
        revenue_then=Sum(F("units_before") * F("price_a_week_ago"), filter=both),
        revenue_now=Sum(F("units") * F("price"), filter=both),
        both=Sum(1, filter=both),
    )
    then, now, earned_then, earned_now, both_known = (
        sums.pop(name) or 0
        for name in ("units_then", "units_now", "revenue_then", "revenue_now", "both")
    )
    sold = together(*sums.values())
    if not sold.products:
        return None
    if not is_enough(both_known, sold.products):
        return Selling(sold, None, None)
    return Selling(
        sold,
        Move(round(then * 100), round(now * 100)),
        Move(round(earned_then), round(earned_now)),
    )
