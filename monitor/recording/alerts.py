"""Changes are judged by the rules of all who watch, and what fires becomes alerts. Three statements a batch."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from monitor.changes import FieldChange, ProductState
from monitor.models import Alert, AlertRead, Change, Mute, Product, RuleMemory, Shop, Watch
from monitor.recording.pairs import Pair, pairs_of
from monitor.recording.plan import Plan
from monitor.rules import PRODUCT_KINDS, SHOP_KINDS, Firing, Kind, Memory, judge_product, judge_shop


def raise_alerts(plans: Sequence[Plan], changes: Sequence[Change], *, now: datetime, deliver: bool) -> None:
    """Write the alerts that follow from a batch. `changes` are stored rows; `plans` give the states after them."""
    states = {plan.product.pk: plan for plan in plans if plan.snapshot is not None}
    telling = [plan for plan in plans if plan.shop and plan.data_time]
    # With a product's first check its shop comes on the list, as it is.
    shops = {plan.product.shop_id for plan in telling if plan.before_data_time is None}
    shops |= {change.shop_id for change in changes if change.shop_id is not None}
    if not states and not shops:
        return
    judged = _Judgement(now=now, deliver=deliver)
    of_product, of_shop = _by_subject(changes)
    if states:
        for pair in pairs_of(Watch.objects.filter(product_id__in=list(states)), PRODUCT_KINDS, now):
            plan = states[pair.product_id]
            # What is told at length is judged by its changes alone.
            state = plan.product.state_with({})
            judged.product(pair, of_product[pair.product_id], state, plan.data_time or now, plan.request_id)
    if shops:
        told = {plan.product.shop_id: plan.product.shop for plan in telling}
        for pair in pairs_of(Watch.objects.filter(product__shop_id__in=list(shops)), SHOP_KINDS, now):
            if (shop := told.get(pair.shop_id)) is not None:
                judged.shop(pair, of_shop[shop.pk], shop)
    judged.write()


def start_watching(watch_ids: Iterable[int], *, now: datetime) -> None:
    """Judge rules that are new to their products: fire what is true already, remember what to compare with."""
    keys = list(watch_ids)
    told = Product.objects.filter(watches__in=keys, data_time__isnull=False).select_related("shop")
    products = {product.pk: product for product in told}
    judged = _Judgement(now=now, deliver=True)
    for pair in pairs_of(Watch.objects.filter(pk__in=keys), Kind, now):
        product = products.get(pair.product_id)
        if product is None:
            continue
        if pair.condition.kind in SHOP_KINDS:
            if product.shop is not None and pair.shop_memory == Memory():
                judged.shop(pair, [], product.shop)
        elif pair.product_memory == Memory():
            state = ProductState(price=product.price, status=product.status)
            judged.product(pair, [], state, product.data_time or now, product.request_id)
    judged.write()


class _Judgement:
    """Collects what a batch's rules decide, to be written at once."""

    def __init__(self, *, now: datetime, deliver: bool) -> None:
        self.now, self.deliver = now, deliver
        self.alerts: dict[tuple[int, object], Alert] = {}
        self.muted: set[int] = set()
        self.memories: dict[tuple[int, int | None, int | None], RuleMemory] = {}

    def product(
        self, pair: Pair, changes: list[Change], state: ProductState, data_time: datetime, request_id: str
    ) -> None:
        firing, memory = judge_product(pair.condition, pair.product_memory, _pure(changes), state)
        if memory != pair.product_memory:
            self._remember(pair, memory, product_id=pair.product_id)
        if firing and not pair.is_paused:
            change = None if firing.position is None else changes[firing.position]
            self._alert(pair, firing, change, data_time, request_id)

    def shop(self, pair: Pair, changes: list[Change], shop: Shop) -> None:
        """Judged for each of the shop's products on the list: all say the same, and one that is not paused tells."""
        firings, memory = judge_shop(pair.condition, pair.shop_memory, _pure(changes), shop.state)
        if memory != pair.shop_memory:
            self._remember(pair, memory, shop_id=shop.pk)
        for firing in firings if not pair.is_paused else ():
            change = None if firing.position is None else changes[firing.position]
            data_time = change.first_seen_after if change else shop.data_time or self.now
            self._alert(pair, firing, change, data_time, change.request_id if change else "")

    def _remember(
        self, pair: Pair, memory: Memory, *, product_id: int | None = None, shop_id: int | None = None
    ) -> None:
        self.memories[pair.rule_id, product_id, shop_id] = RuleMemory(
            rule_id=pair.rule_id, product_id=product_id, shop_id=shop_id, memory=RuleMemory.dump(memory)
        )

    def _alert(self, pair: Pair, firing: Firing, change: Change | None, data_time: datetime, request_id: str) -> None:
        of_shop = pair.condition.kind in SHOP_KINDS
        if pair.is_muted and not of_shop:
            self.muted.add(pair.product_id)
        subject = f"shop {pair.shop_id}" if of_shop else f"product {pair.product_id}"
        key = change.pk if change else f"{subject} {firing.field}"
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
        self._keep_muted_ones_quiet()
        for subject in ("product", "shop"):
            memories = [one for one in self.memories.values() if getattr(one, f"{subject}_id") is not None]
            RuleMemory.objects.bulk_create(
                memories, update_conflicts=True, unique_fields=["rule", subject], update_fields=["memory"]
            )

    def _keep_muted_ones_quiet(self) -> None:
        """Whoever has muted a product finds its new alerts in the inbox, and read."""
        if not self.muted:
            return
        mutes = Mute.objects.in_force(self.now).filter(product__in=self.muted).values_list("product_id", "user_id")
        muted_by: dict[int, list[int]] = defaultdict(list)
        for product_id, user_id in mutes:
            muted_by[product_id].append(user_id)
        if muted_by:
            new = Alert.objects.filter(product__in=muted_by, created_at=self.now).values_list("pk", "product_id")
            AlertRead.objects.bulk_create(
                [
                    AlertRead(alert_id=pk, user_id=user_id, read_at=self.now)
                    for pk, product_id in new
                    for user_id in muted_by[product_id or 0]
                ],
                ignore_conflicts=True,
            )


def _evidence(pair: Pair) -> dict[str, Any]:
    condition = pair.condition
    return {"kind": condition.kind.value, "threshold": condition.threshold, "is_urgent": pair.is_urgent}


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
