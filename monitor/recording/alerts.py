"""Changes are judged by the rules of all who watch, and what fires becomes alerts. Three statements a batch."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, OuterRef, Q, Subquery

from monitor.changes import FieldChange, ProductState
from monitor.models import Alert, Change, Product, RuleMemory, Watch
from monitor.recording.plan import Plan
from monitor.rules import SHOP_KINDS, Condition, Firing, Kind, Memory, judge_product, judge_shop


@dataclass(frozen=True, slots=True)
class _Pair:
    """A rule and a watch that it applies to, with what the rule remembers of the watch's product or shop."""

    watchlist_id: int
    watch_id: int
    product_id: int
    shop_id: int | None
    rule_id: int
    rule_watch_id: int | None
    condition: Condition
    product_memory: Memory
    shop_memory: Memory


def raise_alerts(plans: Sequence[Plan], changes: Sequence[Change], *, now: datetime, deliver: bool) -> None:
    """Write the alerts that follow from a batch. `changes` are stored rows; `plans` give the states after them."""
    states = {plan.product.pk: plan for plan in plans if plan.snapshot is not None}
    shops = {change.shop_id for change in changes if change.shop_id is not None}
    if not states and not shops:
        return
    touched = Q(product_id__in=list(states))
    if shops:
        touched |= Q(product__shop_id__in=list(shops))
    judged = _Judgement(now=now, deliver=deliver)
    of_product, of_shop = _by_subject(changes)
    for pair in _pairs(Watch.objects.active().filter(touched)):
        if pair.condition.kind in SHOP_KINDS:
            if pair.shop_id in of_shop:
                judged.shop(pair, of_shop[pair.shop_id])
        elif pair.product_id in states:
            plan = states[pair.product_id]
            judged.product(
                pair, of_product[pair.product_id], plan.product.state, plan.data_time or now, plan.request_id
            )
    judged.write()


def start_watching(watches: Iterable[Watch], *, now: datetime) -> None:
    """Judge rules that are new to their products: fire what is true already, remember what to compare with."""
    keys = [watch.pk for watch in watches]
    products = {
        product.pk: product
        for product in Product.objects.filter(watches__in=keys, data_time__isnull=False).defer("content")
    }
    judged = _Judgement(now=now, deliver=True)
    for pair in _pairs(Watch.objects.active().filter(pk__in=keys)):
        product = products.get(pair.product_id)
        if product is not None and pair.condition.kind not in SHOP_KINDS and pair.product_memory == Memory():
            state = ProductState(price=product.price, status=product.status)
            judged.product(pair, [], state, product.data_time or now, product.request_id)
    judged.write()


class _Judgement:
    """Collects what a batch's rules decide, to be written at once."""

    def __init__(self, *, now: datetime, deliver: bool) -> None:
        self.now, self.deliver = now, deliver
        self.alerts: dict[tuple[int, object], Alert] = {}
        self.memories: dict[tuple[int, int | None, int | None], RuleMemory] = {}

    def product(
        self, pair: _Pair, changes: list[Change], state: ProductState, data_time: datetime, request_id: str
    ) -> None:
        firing, memory = judge_product(pair.condition, pair.product_memory, _pure(changes), state)
        if memory != pair.product_memory:
            self._remember(pair, memory, product_id=pair.product_id)
        if firing:
            change = next((one for one in changes if one.field == firing.field), None)
            self._alert(pair, firing, change, data_time, request_id)

    def shop(self, pair: _Pair, changes: list[Change]) -> None:
        if (pair.rule_id, None, pair.shop_id) in self.memories:
            return  # Another product of the same shop on the same list: judged already.
        firing, memory = judge_shop(pair.condition, pair.shop_memory, _pure(changes))
        self._remember(pair, memory, shop_id=pair.shop_id)
        if firing:
            change = next(one for one in changes if one.field == firing.field)
            self._alert(pair, firing, change, change.first_seen_after, change.request_id)

    def _remember(
        self, pair: _Pair, memory: Memory, *, product_id: int | None = None, shop_id: int | None = None
    ) -> None:
        self.memories[pair.rule_id, product_id, shop_id] = RuleMemory(
            rule_id=pair.rule_id, product_id=product_id, shop_id=shop_id, memory=RuleMemory.dump(memory)
        )

    def _alert(self, pair: _Pair, firing: Firing, change: Change | None, data_time: datetime, request_id: str) -> None:
        of_shop = pair.condition.kind in SHOP_KINDS
        key = change.pk if change else f"product {pair.product_id}"
        self.alerts[pair.rule_id, key] = Alert(
            watchlist_id=pair.watchlist_id,
            rule_id=pair.rule_id,
            rule_as_it_was=_evidence(pair),
            change=change,
            product_id=None if of_shop else pair.product_id,
            shop_id=pair.shop_id if of_shop else None,
            field=firing.field,
            before=firing.before,
            after=firing.after,
            reference=firing.reference,
            data_time=data_time,
            request_id=request_id,
            created_at=self.now,
            is_delivered=not self.deliver,
        )

    def write(self) -> None:
        """Insert the alerts, each once whatever happens, and keep the memories."""
        Alert.objects.bulk_create(self.alerts.values(), ignore_conflicts=True)
        for subject in ("product", "shop"):
            memories = [one for one in self.memories.values() if getattr(one, f"{subject}_id") is not None]
            RuleMemory.objects.bulk_create(
                memories, update_conflicts=True, unique_fields=["rule", subject], update_fields=["memory"]
            )


def _evidence(pair: _Pair) -> dict[str, Any]:
    return {"kind": pair.condition.kind.value, "threshold": pair.condition.threshold}


def _pure(changes: Iterable[Change]) -> list[FieldChange]:
    return [FieldChange(change.field, change.before, change.after) for change in changes]


def _by_subject(changes: Iterable[Change]) -> tuple[dict[int, list[Change]], dict[int, list[Change]]]:
    of_product: dict[int, list[Change]] = defaultdict(list)
    of_shop: dict[int, list[Change]] = defaultdict(list)
    for change in changes:
        if change.product_id is not None:
            of_product[change.product_id].append(change)
        elif change.shop_id is not None:
            of_shop[change.shop_id].append(change)
    return of_product, of_shop


def _pairs(watches: Any) -> list[_Pair]:
    """Every rule with every watch it applies to, in one statement: a watch's own rules replace its list's."""
    remembered = RuleMemory.objects.filter(rule_id=OuterRef("watchlist__rules__pk"))
    rows = (
        # One filter() call, so that both conditions speak of the same rule.
        watches.filter(
            Q(watchlist__rules__watch__isnull=True) | Q(watchlist__rules__watch_id=F("pk")),
            watchlist__rules__is_active=True,
        )
        .annotate(
            product_memory=Subquery(remembered.filter(product_id=OuterRef("product_id")).values("memory")[:1]),
            shop_memory=Subquery(remembered.filter(shop_id=OuterRef("product__shop_id")).values("memory")[:1]),
        )
        .order_by("watchlist__rules__pk", "pk")
        .values_list(
            "watchlist_id",
            "pk",
            "product_id",
            "product__shop_id",
            "watchlist__rules__pk",
            "watchlist__rules__watch_id",
            "watchlist__rules__kind",
            "watchlist__rules__threshold",
            "product_memory",
            "shop_memory",
        )
    )
    pairs = [
        _Pair(
            watchlist_id=row[0],
            watch_id=row[1],
            product_id=row[2],
            shop_id=row[3],
            rule_id=row[4],
            rule_watch_id=row[5],
            condition=Condition(Kind(row[6]), row[7]),
            product_memory=RuleMemory.load(row[8]),
            shop_memory=RuleMemory.load(row[9]),
        )
        for row in rows
    ]
    own = {pair.watch_id for pair in pairs if pair.rule_watch_id is not None}
    return [pair for pair in pairs if pair.rule_watch_id is not None or pair.watch_id not in own]
