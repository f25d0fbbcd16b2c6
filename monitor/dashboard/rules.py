"""Rules as the pages show them: those of a list or of one product on it, and what is true of them at present."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils.translation import get_language

from monitor import formatting
from monitor.changes import Json
from monitor.dashboard.watchlists import editable, watchlist_for
from monitor.models import Product, Rule, Shop, User, Watch, Watchlist
from monitor.rules import SHOP_KINDS, STATUSES, Condition, Kind, Memory, judge_shop

#: Products that are named when a rule is true of them already.
NAMED = 3


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules of a list or, with `watch`, a product's own ones on that list."""

    watchlist: Watchlist
    watch: Watch | None
    editable: bool
    rules: list[Rule]
    #: For a watch: those of the list, which apply as long as no own rule is active.
    list_rules: list[Rule]

    @property
    def key(self) -> str:
        """The id of the region on the page."""
        return f"rules-of-watch-{self.watch.pk}" if self.watch else f"rules-of-list-{self.watchlist.pk}"

    @property
    def watch_pk(self) -> int | None:
        return self.watch.pk if self.watch else None

    @property
    def has_active(self) -> bool:
        return any(rule.is_active for rule in self.rules)

    @property
    def active_list_rules(self) -> list[Rule]:
        return [rule for rule in self.list_rules if rule.is_active]


class Named(NamedTuple):
    """A product or a shop by its name, and the value that makes a condition true, in words."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class TrueAlready:
    """How many products or, with `of_shops`, shops there are for which a condition holds as they are: it fires for each
    at once. Some of them are named.
    """

    count: int = 0
    named: Sequence[Named] = ()
    of_shops: bool = False


def rules_of_list(user: User, pk: int) -> RuleSet:
    """Two queries. Raises `Watchlist.DoesNotExist` where `user` sees none."""
    return rules_of(watchlist_for(user, pk))


def rules_of(watchlist: Watchlist) -> RuleSet:
    """One query: the rules of a list that `watchlist_for` has read."""
    rules = list(watchlist.rules.filter(watch__isnull=True).order_by("pk"))
    return RuleSet(watchlist, None, watchlist.editable, rules, [])  # type: ignore[attr-defined]


def rules_of_watch(user: User, pk: int) -> RuleSet:
    """Two queries. Raises `Watch.DoesNotExist` where `user` sees none."""
    watches = Watch.objects.for_user(user).select_related("watchlist", "product__shop")
    watch = watches.annotate(editable=editable(user, "watchlist")).get(pk=pk)
    rows = Rule.objects.filter(Q(watch=watch) | Q(watch__isnull=True, watchlist=watch.watchlist_id)).order_by("pk")
    rules = list(rows)
    own, of_list = ([rule for rule in rules if (rule.watch_id is None) == common] for common in (False, True))
    return RuleSet(watch.watchlist, watch, watch.editable, own, of_list)  # type: ignore[attr-defined]


def true_already(rule_set: RuleSet, condition: Condition) -> TrueAlready:
    """What a new rule would fire for at once. Two queries at most; none for a kind that waits for a change."""
    watches = judged(rule_set).filter(is_paused=False, watchlist__is_paused=False)
    if condition.kind in SHOP_KINDS:
        return _shops_already(Shop.objects.filter(products__watches__in=watches.values("pk")), condition)
    of_product = _holds_for_product(condition)
    if of_product is None:
        return TrueAlready()
    products = Product.objects.filter(of_product, data_time__isnull=False, watches__in=watches)
    field = "status" if condition.kind in STATUSES else "price"
    order = "-price" if condition.kind is Kind.PRICE_ABOVE else "price"
    named = [
        Named(one.title or one.num_iid, _in_words(field, getattr(one, field)))
        for one in products.order_by(order, "pk")[:NAMED]
    ]
    return TrueAlready(products.count(), named)


def _holds_for_product(condition: Condition) -> Q | None:
    """That a product is as a condition says, which `monitor.rules` judges on the state alone; None for other kinds."""
    if condition.kind in STATUSES:
        return Q(status__in=STATUSES[condition.kind])
    match condition.kind:
        case Kind.PRICE_BELOW:
            return Q(price__lt=condition.threshold)
        case Kind.PRICE_ABOVE:
            return Q(price__gt=condition.threshold)
    return None


def _shops_already(shops: QuerySet[Shop], condition: Condition) -> TrueAlready:
    """Judged as the rule will be: a list has few shops."""
    found = []
    for shop in shops.distinct().order_by("name", "pk"):
        fired, _ = judge_shop(condition, Memory(), [], shop.state)
        if fired:
            found.append(Named(shop.name or shop.shop_id, _in_words(fired[0].field, fired[0].after)))
    return TrueAlready(len(found), found[:NAMED], of_shops=True)


def _in_words(field: str, value: Json) -> str:
    return formatting.field_value(field, value, get_language() or "en")


def largest_scale(rule_set: RuleSet) -> int | None:
    """The largest scale of the scores of all shops concerned, when it is told of each."""
    watches = judged(rule_set)
    if watches.filter(product__shop__score_scale__isnull=True).exists():
        return None
    most: int | None = watches.aggregate(most=Max("product__shop__score_scale"))["most"]
    return most


def judged(rule_set: RuleSet) -> QuerySet[Watch]:
    """The watches that a rule of this set is for."""
    if rule_set.watch is not None:
        return Watch.objects.filter(pk=rule_set.watch.pk)
    has_own = Exists(Rule.objects.filter(watch=OuterRef("pk"), is_active=True))
    return rule_set.watchlist.watches.filter(~has_own)
