"""Judges changes by the rules of all watchers, and writes the alerts, in a fixed number of statements."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from monitor.models import Change, Product, Rule, Shop, ShopScore, Watch
from monitor.recording.circumstances import lock_comparing_rules, rule_cases
from monitor.recording.judgement import Judgement
from monitor.recording.pairs import Pair, pairs_of, pairs_of_followers, pairs_of_rules
from monitor.recording.plan import RecordingPlan
from monitor.rules.judging import Memory
from monitor.rules.kinds import PRODUCT_KINDS, SHOP_KINDS, Kind, Subject
from monitor.rules.own import is_stale


def raise_alerts(
    plans: Sequence[RecordingPlan],
    changes: Sequence[Change],
    scores: Iterable[ShopScore],
    *,
    now: datetime,
    deliver: bool,
) -> None:
    """Write the alerts that follow from a batch. `changes` are stored rows; `plans` hold the states after them.

    `scores` are the shops' new scores, which need not be a change.
    """
    changed = {plan.product.pk: plan for plan in plans if plan.snapshot is not None}
    with_shop = [plan for plan in plans if plan.shop and plan.data_time]
    # A product's first check brings its shop to the list.
    shop_keys = {plan.product.shop_id for plan in with_shop if plan.before_data_time is None}
    shop_keys |= {score.shop_id for score in scores}
    shop_keys |= {change.shop_id for change in changes if change.shop_id is not None}
    again = {plan.product.pk for plan in plans if _is_compared_again(plan)}
    if not changed and not shop_keys and not again:
        return
    judgement = Judgement(now=now, deliver=deliver)
    of_product: dict[int, list[Change]] = defaultdict(list)
    of_shop: dict[int, list[Change]] = defaultdict(list)
    for change in changes:
        if change.product_id is not None:
            of_product[change.product_id].append(change)
        elif change.shop_id is not None:
            of_shop[change.shop_id].append(change)
    if changed or again:
        _judge_products(judgement, changed, of_product, again)
    if shop_keys:
        shops = {plan.product.shop_id: plan.product.shop for plan in with_shop}
        for pair in pairs_of(Watch.objects.filter(product__shop_id__in=list(shop_keys)), SHOP_KINDS, now):
            if (shop := shops.get(pair.shop_id)) is not None:
                judgement.shop(pair, of_shop[shop.pk], shop)
    judgement.write()


def _is_compared_again(plan: RecordingPlan) -> bool:
    """Return whether comparisons with this product work again from this check on, after its price was too old for a
    while."""
    before, after = plan.claimed.answered_at, plan.product.answered_at
    if not plan.is_compared_with or before is None or after is None or after == before:
        return False
    asked, interval = plan.claimed.asked_since, plan.product.interval
    return (asked is not None and asked > before) or (interval is not None and is_stale(before, interval, after))


def _judge_products(
    judgement: Judgement,
    plans: dict[int, RecordingPlan],
    changes: Mapping[int, list[Change]],
    again: Collection[int],
) -> None:
    """Judge products with a new snapshot, and the products that are compared with one of these or of `again`."""
    products = {pk: plan.product for pk, plan in plans.items()}
    pairs = pairs_of(Watch.objects.filter(product_id__in=list(products)), PRODUCT_KINDS, judgement.now)
    if again or any(plan.is_compared_with for plan in plans.values()) or any(pair.condition.own for pair in pairs):
        concerned = {*products, *again}
        rules = lock_comparing_rules(concerned)
        # Read again under the lock: now no other worker changes the other side.
        pairs = [pair for pair in pairs if not pair.condition.own]
        pairs += pairs_of_rules(rules, concerned, judgement.now)
        others = {pair.product_id for pair in pairs} - products.keys()
        products |= Product.objects.filter(data_time__isnull=False).in_bulk(others)
    case_of = rule_cases(products, ((pair.product_id, pair.condition) for pair in pairs), judgement.now)
    for pair in pairs:
        if (product := products.get(pair.product_id)) is not None:
            judgement.product(pair, changes[product.pk], product, case_of[product.pk])


def raise_range_alerts(shop: Shop, changes: Sequence[Change], *, now: datetime, deliver: bool) -> None:
    """Write the alerts of the rules of lists that follow a shop. `changes` are stored rows of one page or reading."""
    of_product: dict[int, list[Change]] = defaultdict(list)
    for change in changes:
        if change.product_id is not None:
            of_product[change.product_id].append(change)
    pairs = pairs_of_followers(shop.pk, of_product) if changes else []
    if not pairs:
        return
    products = Product.objects.in_bulk(of_product)
    case_of = rule_cases(products, ((pair.product_id, pair.condition) for pair in pairs), now)
    judgement = Judgement(now=now, deliver=deliver)
    for pair in pairs:
        if pair.condition.spec.subject.is_shop:
            judgement.shop(pair, [change for change in changes if change.shop_id is not None], shop)
        else:
            judgement.product(pair, of_product[pair.product_id], products[pair.product_id], case_of[pair.product_id])
    judgement.write()


def start_watching(watch_ids: Iterable[int], *, now: datetime) -> None:
    """Judge rules that are new to their products: fire what is true already, and store what to compare with.

    A product that joins a list may be the one that the list's rules compare with.
    """
    keys = list(watch_ids)
    rows = Product.objects.filter(watches__in=keys, data_time__isnull=False).select_related("shop")
    products = {product.pk: product for product in rows}
    judgement = Judgement(now=now, deliver=True)
    watches = Watch.objects.filter(pk__in=keys)
    pairs = [pair for pair in pairs_of(watches, frozenset(Kind), now) if pair.product_id in products]
    others = _newly_compared(keys, products, now)
    case_of = rule_cases(products, ((pair.product_id, pair.condition) for pair in pairs + others), now)
    for pair in others:
        judgement.product(pair, [], products[pair.product_id], case_of[pair.product_id])
    for pair in pairs:
        product = products[pair.product_id]
        if pair.condition.spec.subject is Subject.SHOP:
            if product.shop is not None and pair.shop_memory == Memory():
                judgement.shop(pair, [], product.shop)
        elif pair.product_memory == Memory():
            judgement.product(pair, [], product, case_of[product.pk])
    judgement.write()


def _newly_compared(watch_ids: Sequence[int], products: dict[int, Product], now: datetime) -> list[Pair]:
    """Return the other products on the lists of these watches that rules now compare with one of `products`. Add
    them to `products`. One statement, unless there are such rules."""
    lists = Watch.objects.filter(pk__in=watch_ids).values("watchlist")
    comparing = Rule.objects.filter(own__in=list(products), watchlist__in=lists, is_active=True)
    rules = list(comparing.order_by("pk").values_list("pk", flat=True)) if products else []
    if not rules:
        return []
    new = set(products)
    pairs = [pair for pair in pairs_of_rules(rules, new, now) if pair.product_id not in new]
    products |= Product.objects.filter(data_time__isnull=False).in_bulk({pair.product_id for pair in pairs})
    return [pair for pair in pairs if pair.product_id in products]
