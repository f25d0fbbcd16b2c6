"""Collects what the rules decide about a batch, and writes it at once."""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from typing import Any

from monitor.judging.changes import FieldChange
from monitor.judging.rules.conditions import judge
from monitor.judging.rules.judging import Cooldown, Firing, Memory, RuleCase, gather
from monitor.models import Alert, AlertRead, Change, Mute, Product, RuleMemory, Shop
from monitor.models.rules import condition_as_json
from monitor.polling.recording.pairs import Pair

#: What another firing updates of the alert that collects firings during its rule's cool-down.
_GATHERED = (
    *("change", "after", "reference", "data_time", "request_id", "created_at"),
    *("count", "moments", "rule_as_it_was", "is_delivered"),
)


class Judgement:
    """The alerts and rule memories of one transaction. With `deliver` false the alerts count as
    delivered."""

    def __init__(self, *, now: datetime, deliver: bool) -> None:
        self.now, self.deliver = now, deliver
        self.alerts: dict[tuple[int, object], Alert] = {}
        self.gathering: dict[tuple[int, str], Alert] = {}
        self.memories: dict[tuple[int, int | None, int | None], RuleMemory] = {}

    def product(self, pair: Pair, changes: list[Change], product: Product, case: RuleCase) -> None:
        """Judge a product in its present state."""
        memory = self._judge(
            pair, pair.product_memory, case, changes, case.at or self.now, product.request_id
        )
        if memory != pair.product_memory:
            self.remember(pair, memory, product_id=pair.product_id)

    def shop(self, pair: Pair, changes: list[Change], shop: Shop) -> None:
        """Judge a shop. Called for each of its products on the list: one that is not paused makes
        the alert."""
        memory = self._judge(
            pair, pair.shop_memory, RuleCase(shop.state), changes, shop.data_time or self.now, ""
        )
        if memory != pair.shop_memory:
            self.remember(pair, memory, shop_id=shop.pk)

    def _judge(
        self,
        pair: Pair,
        memory: Memory,
        case: RuleCase,
        changes: list[Change],
        at: datetime,
        request_id: str,
    ) -> Memory:
        """Collect the alerts and return the memory after them. An alert without a change gets `at`
        and `request_id`."""
        pure = [FieldChange(change.field, change.before, change.after) for change in changes]
        firings, memory = judge(pair.condition, memory, replace(case, changes=pure))
        for firing in firings if not pair.is_paused else ():
            if firing.position is None:
                memory = self._alert(pair, memory, firing, None, at, request_id)
            else:
                change = changes[firing.position]
                memory = self._alert(
                    pair, memory, firing, change, change.first_seen_after, change.request_id
                )
        return memory

    def remember(
        self,
        pair: Pair,
        memory: Memory,
        *,
        product_id: int | None = None,
        shop_id: int | None = None,
    ) -> None:
        self.memories[pair.rule_id, product_id, shop_id] = RuleMemory(
            rule_id=pair.rule_id,
            product_id=product_id,
            shop_id=shop_id,
            memory=RuleMemory.dump(memory),
        )

    def _alert(
        self,
        pair: Pair,
        memory: Memory,
        firing: Firing,
        change: Change | None,
        at: datetime,
        request_id: str,
    ) -> Memory:
        """Collect an alert, or add the firing to the alert of the rule's cool-down. Return the
        memory after it."""
        subject = (
            f"shop {pair.shop_id}"
            if pair.condition.spec.subject.is_shop
            else f"product {pair.product_id}"
        )
        rest, memory = gather(memory, firing, at, pair.cooldown)
        alert = alert_of(pair, firing, at, self.now)
        alert.change, alert.request_id, alert.is_delivered = change, request_id, not self.deliver
        if rest is None:
            self.alerts[pair.rule_id, change.pk if change else f"{subject} {firing.field}"] = alert
        else:
            self._gather(alert, f"{subject} {firing.field} {rest.until.isoformat()}", rest, at)
        return memory

    def _gather(self, alert: Alert, group: str, rest: Cooldown, at: datetime) -> None:
        gathered = rest.gathered[alert.field]
        if alert.is_counting:
            alert.reference = gathered.reference
        alert.group, alert.count, alert.began_at = group, gathered.times, gathered.began_at
        alert.moments = [[when.isoformat(), value] for when, value in gathered.moments]
        # A reply may be older than now: the cool-down lasts as long from now as it does from the
        # reply's time.
        alert.held_until = self.now + (rest.until - at)
        self.gathering[alert.rule_id or 0, group] = alert

    def write(self) -> None:
        """Insert the alerts, each only once whatever happens, and store the memories."""
        Alert.objects.bulk_create(self.alerts.values(), ignore_conflicts=True)
        self._write_gathered()
        self._keep_muted_ones_quiet()
        for subject in ("product", "shop"):
            memories = [
                memory
                for memory in self.memories.values()
                if getattr(memory, f"{subject}_id") is not None
            ]
            RuleMemory.objects.bulk_create(
                memories,
                update_conflicts=True,
                unique_fields=["rule", subject],
                update_fields=["memory"],
            )

    def _write_gathered(self) -> None:
        """Write alerts that collect firings. One that was read becomes unread again."""
        if not self.gathering:
            return
        Alert.objects.bulk_create(
            self.gathering.values(),
            update_conflicts=True,
            unique_fields=["rule", "group"],
            update_fields=_GATHERED,
        )
        groups = [group for _, group in self.gathering]
        rules = [rule for rule, _ in self.gathering]
        AlertRead.objects.filter(alert__rule__in=rules, alert__group__in=groups).delete()

    def _keep_muted_ones_quiet(self) -> None:
        """Mark the new alerts of muted products as read for the users who muted them."""
        products = {alert.product_id for alert in (*self.alerts.values(), *self.gathering.values())}
        if not products:
            return
        mutes = (
            Mute.objects.in_force(self.now)
            .filter(product__in=products)
            .values_list("product_id", "user_id")
        )
        muted_by: dict[int, list[int]] = defaultdict(list)
        for product_id, user_id in mutes:
            muted_by[product_id].append(user_id)
        if muted_by:
            new = Alert.objects.filter(product__in=muted_by, created_at=self.now).values_list(
                "pk", "product_id"
            )
            AlertRead.objects.bulk_create(
                [
                    AlertRead(alert_id=pk, user_id=user_id, read_at=self.now)
                    for pk, product_id in new
                    for user_id in muted_by[product_id or 0]
                ],
                ignore_conflicts=True,
            )


def alert_of(pair: Pair, firing: Firing, at: datetime, now: datetime) -> Alert:
    """Return an alert, which is not stored, without a change."""
    subject = pair.condition.spec.subject
    return Alert(
        watchlist_id=pair.watchlist_id,
        rule_id=pair.rule_id,
        rule_as_it_was=_evidence(pair, firing),
        product_id=None if subject.is_shop else pair.product_id,
        # The page of a followed shop shows its products, also those that no user watches.
        shop_id=pair.shop_id if subject.is_shop or subject.is_followed else None,
        field=firing.field,
        before=firing.before,
        after=firing.after,
        reference=firing.reference,
        data_time=at,
        created_at=now,
    )


def _evidence(pair: Pair, firing: Firing) -> dict[str, Any]:
    """Return the rule as it is now: the alert shows it even after the rule has changed.

    Of rivals `own` is the one that made the rule fire.
    """
    named = [other for other in pair.others if other.pk == firing.rival]
    return {
        **condition_as_json(pair.condition),
        **({"own": named[0].pk, "own_name": str(named[0])} if named else {}),
        **({"cooldown": int(pair.cooldown.total_seconds())} if pair.cooldown else {}),
        **({"is_target": True} if pair.is_target else {}),
        # The rule counts on from an earlier alert, not from its beginning.
        **(
            {"counts_on": True}
            if pair.condition.spec.counts_from_alert and pair.product_memory.met
            else {}
        ),
        "is_urgent": pair.is_urgent,
    }
