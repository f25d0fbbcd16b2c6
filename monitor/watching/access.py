"""Who may see and edit a product: the user's watches of it, with their lists and rules. Each
function says how many queries it makes."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, Q, StringAgg, Subquery, Value

from monitor.models import Product, Rule, User, Watch, Watchlist, WatchTag


@dataclass(slots=True)
class WatchedBy:
    """One of the user's watches of a product, with the rules that apply to it, other than its
    `target`, in fen."""

    #: With what `with_shown_costs` adds.
    watch: Any
    editable: bool
    tags: list[str]
    rules: list[Rule] = field(default_factory=list)
    own_rules: bool = False
    target: int | None = None


def can_edit(user: User, product: Product) -> bool:
    """Return whether the user may edit a list that the product is on. One query."""
    return Watch.objects.filter(
        product=product, watchlist__in=Watchlist.objects.editable_by(user)
    ).exists()


def watches_of(user: User, product: Product) -> list[WatchedBy]:
    """Return the user's watches of a product, with their lists and tags, without their rules. One
    query."""
    editable = Exists(Watchlist.objects.editable_by(user).filter(pk=OuterRef("watchlist")))
    watches = Watch.objects.for_user(user).with_shown_costs(user).filter(product=product)
    # Names of tags have no blanks.
    tags = WatchTag.objects.filter(watch=OuterRef("pk")).order_by().values("watch")
    names = Subquery(tags.annotate(names=StringAgg("name", Value(" "))).values("names"))
    watches = watches.annotate(editable=editable, tag_names=names)
    rows: Any = watches.select_related("watchlist__owner").order_by("watchlist__name", "pk")
    return [
        WatchedBy(watch, watch.editable, sorted((watch.tag_names or "").split())) for watch in rows
    ]


def watched_by(user: User, product: Product) -> list[WatchedBy]:
    """Return the user's watches of a product with their rules. A watch's own rules replace its
    list's. Two queries."""
    rows = watches_of(user, product)
    watches = [row.watch for row in rows]
    of_lists = Q(watch__isnull=True, watchlist__in={watch.watchlist_id for watch in watches})
    rules = (
        Rule.objects.filter(Q(watch__in=watches) | of_lists, is_active=True)
        .with_waits()
        .order_by("pk")
    )
    for row in rows:
        own = [rule for rule in rules if rule.watch_id == row.watch.pk and rule.replaces]
        targets = [
            rule.threshold for rule in rules if rule.watch_id == row.watch.pk and rule.is_target
        ]
        row.target = targets[0] if targets else None
        row.own_rules = bool(own)
        row.rules = own or [
            rule
            for rule in rules
            if not rule.watch_id and rule.watchlist_id == row.watch.watchlist_id
        ]
    return rows
