"""The rules of a list, or of one product on it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from monitor.judging.rules.conditions import Condition
from monitor.models import Pairing, Product, Rule, User, Watch, Watchlist
from monitor.models.rules import follows_list
from monitor.polling.recording.evidence import rivals_of
from monitor.showing.reads.watchlists import watch_for, watchlist_for
from monitor.watching.rules import judged_watches, name_of


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules of a list or, with `watch`, a product's own rules on that list."""

    watchlist: Watchlist
    watch: Watch | None
    editable: bool
    rules: list[Rule]
    #: For a watch: the rules of the list. They apply while no own rule but the target price is
    #: active.
    list_rules: list[Rule]

    @property
    def key(self) -> str:
        """The id of the region on the page."""
        return (
            f"rules-of-watch-{self.watch.pk}"
            if self.watch
            else f"rules-of-list-{self.watchlist.pk}"
        )

    @property
    def watch_pk(self) -> int | None:
        return self.watch.pk if self.watch else None

    def judged_by(self, condition: Condition) -> QuerySet[Watch]:
        """Return the watches to which a rule with this condition applies."""
        watches = judged_watches(self.watchlist, self.watch)
        with_rivals = Exists(Pairing.objects.filter(watch=OuterRef("pk")))
        return watches.filter(with_rivals) if condition.spec.among_rivals else watches

    def with_own_rules(self, most: int) -> list[str]:
        """Return the names of products of a list that follow their own rules instead; '…' stands
        for more. One query at most."""
        if self.watch:
            return []
        own = self.watchlist.watches.exclude(follows_list()).order_by("product__title", "pk")
        names = [
            name_of(*names)
            for names in own.values_list("product__title", "product__num_iid")[: most + 1]
        ]
        return [*names[:most], "…"] if len(names) > most else names

    def compared_with(
        self, condition: Condition, products: Collection[int]
    ) -> dict[int, list[Product]]:
        """Return the rivals that a condition compares products with, by their keys. One query, or
        none."""
        rivals = rivals_of([self.watchlist.pk], products) if condition.spec.among_rivals else {}
        return {product: others for (_list, product), others in rivals.items()}

    @property
    def own(self) -> list[Rule]:
        """All but the target price."""
        return [rule for rule in self.rules if not rule.is_target]

    @property
    def has_active(self) -> bool:
        return any(rule.replaces for rule in self.rules)

    @property
    def active_list_rules(self) -> list[Rule]:
        return [rule for rule in self.list_rules if rule.is_active]


def rules_of_list(user: User, pk: int) -> RuleSet:
    """Return the rules of a list; 404 if `user` may not see it. Two queries."""
    return rules_of(watchlist_for(user, pk))


def rules_of(watchlist: Any) -> RuleSet:
    """Return the rules of a list from `watchlist_for`. One query."""
    rules = list(watchlist.rules.filter(watch__isnull=True).with_waits().order_by("pk"))
    return RuleSet(watchlist, None, watchlist.editable, rules, [])


def rules_of_watch(user: User, pk: int) -> RuleSet:
    """Return a product's own rules on a list; 404 if `user` may not see the watch. Two queries."""
    watch = watch_for(user, pk)
    rows = Rule.objects.filter(Q(watch=watch) | Q(watch__isnull=True, watchlist=watch.watchlist_id))
    rules = list(rows.with_waits().order_by("pk"))
    own = [rule for rule in rules if rule.watch_id]
    of_list = [rule for rule in rules if not rule.watch_id]
    return RuleSet(watch.watchlist, watch, watch.editable, own, of_list)
