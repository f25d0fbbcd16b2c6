"""Changes are judged by the rules of all who watch, and what fires becomes alerts, in a fixed number of statements."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from monitor.models import Change, Product, Rule, Watch
from monitor.recording.circumstances import lock_comparing_rules, looks
from monitor.recording.judgement import Judgement
from monitor.recording.pairs import Pair, pairs_of, pairs_of_rules
from monitor.recording.plan import RecordingPlan
from monitor.rules.conditions import Memory
from monitor.rules.kinds import PRODUCT_KINDS, SHOP_KINDS, Kind, Subject
from monitor.rules.own import is_stale


def raise_alerts(
    plans: Sequence[RecordingPlan],
    changes: Sequence[Change],
    rescored: Collection[int],
    *,
    now: datetime,
    deliver: bool,
) -> None:
    """Write the alerts that follow from a batch. `changes` are stored rows; `plans` give the states after them.

    `rescored` are the keys of the shops whose scores were told anew, which need not be a change.
    """
    states = {plan.product.pk: plan for plan in plans if plan.snapshot is not None}
    telling = [plan for plan in plans if plan.shop and plan.data_time]
    # With a product's first check its shop comes on the list, as it is.
    shops = {plan.product.shop_id for plan in telling if plan.before_data_time is None}
    shops |= {*rescored, *(change.shop_id for change in changes if change.shop_id is not None)}
    again = {plan.product.pk for plan in plans if _is_compared_again(plan)}
    if not states and not shops and not again:
        return
    judged = Judgement(now=now, deliver=deliver)
    of_product, of_shop = _by_subject(changes)
    if states or again:
        _judge_products(judged, states, of_product, again)
    if shops:
        told = {plan.product.shop_id: plan.product.shop for plan in telling}
        for pair in pairs_of(Watch.objects.filter(product__shop_id__in=list(shops)), SHOP_KINDS, now):
            if (shop := told.get(pair.shop_id)) is not None:
                judged.shop(pair, of_shop[shop.pk], shop)
    judged.write()


def _is_compared_again(plan: RecordingPlan) -> bool:
    """Whether others are compared with the product from this check on, and were not for a while."""
    before, after = plan.claimed.answered_at, plan.product.answered_at
    if not plan.is_compared_with or before is None or after is None or after == before:
        return False
    asked, interval = plan.claimed.asked_since, plan.product.interval
    return (asked is not None and asked > before) or (interval is not None and is_stale(before, interval, after))


def _judge_products(
    judged: Judgement, plans: dict[int, RecordingPlan], changes: Mapping[int, list[Change]], again: Collection[int]
) -> None:
    """Judge products with a new snapshot, and those that are compared with one whose price has moved, or is one of
    those `again`."""
    products = {pk: plan.product for pk, plan in plans.items()}
    pairs = pairs_of(Watch.objects.filter(product_id__in=list(products)), PRODUCT_KINDS, judged.now)
    if again or any(plan.is_compared_with for plan in plans.values()) or any(pair.condition.own for pair in pairs):
        concerned = {*products, *again}
        rules = lock_comparing_rules(concerned)
        # Read again, now that nobody else moves the other side.
        pairs = [pair for pair in pairs if not pair.condition.own]
        pairs += pairs_of_rules(rules, concerned, judged.now)
        others = {pair.product_id for pair in pairs} - products.keys()
        products |= Product.objects.filter(data_time__isnull=False).in_bulk(others)
    seen = looks(products, ((pair.product_id, pair.condition) for pair in pairs), judged.now)
    for pair in pairs:
        if (product := products.get(pair.product_id)) is not None:
            judged.product(pair, changes[product.pk], product, seen[product.pk])


def start_watching(watch_ids: Iterable[int], *, now: datetime) -> None:
    """Judge rules that are new to their products: fire what is true already, remember what to compare with.

    What is put on a list may be what the list's rules waited for to compare with.
    """
    keys = list(watch_ids)
    told = Product.objects.filter(watches__in=keys, data_time__isnull=False).select_related("shop")
    products = {product.pk: product for product in told}
    judged = Judgement(now=now, deliver=True)
    watches = Watch.objects.filter(pk__in=keys)
    pairs = [pair for pair in pairs_of(watches, frozenset(Kind), now) if pair.product_id in products]
    others = _compared_by_now(keys, products, now)
    seen = looks(products, ((pair.product_id, pair.condition) for pair in pairs + others), now)
    for pair in others:
        judged.product(pair, [], products[pair.product_id], seen[pair.product_id])
    for pair in pairs:
        product = products[pair.product_id]
        if pair.condition.spec.subject is Subject.SHOP:
            if product.shop is not None and pair.shop_memory == Memory():
                judged.shop(pair, [], product.shop)
        elif pair.product_memory == Memory():
            judged.product(pair, [], product, seen[product.pk])
    judged.write()


def _compared_by_now(watch_ids: Sequence[int], products: dict[int, Product], now: datetime) -> list[Pair]:
    """Of the lists of these watches, the other products that rules compare with one of `products`, which they join.
    One statement, unless there are such rules."""
    comparing = Rule.objects.filter(own__in=list(products), watchlist__watches__in=watch_ids, is_active=True)
    rules = list(comparing.order_by("pk").distinct().values_list("pk", flat=True)) if products else []
    if not rules:
        return []
    new = set(products)
    pairs = [pair for pair in pairs_of_rules(rules, new, now) if pair.product_id not in new]
    products |= Product.objects.filter(data_time__isnull=False).in_bulk({pair.product_id for pair in pairs})
    return [pair for pair in pairs if pair.product_id in products]


def _by_subject(changes: Iterable[Change]) -> tuple[dict[int, list[Change]], dict[int, list[Change]]]:
    of_product: dict[int, list[Change]] = defaultdict(list)
    of_shop: dict[int, list[Change]] = defaultdict(list)
    for change in changes:
        if change.product_id is not None:
            of_product[change.product_id].append(change)
        elif change.shop_id is not None:
            of_shop[change.shop_id].append(change)
    return of_product, of_shop
