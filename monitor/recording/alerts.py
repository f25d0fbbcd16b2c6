"""Changes are judged by the rules of all who watch, and what fires becomes alerts, in a fixed number of statements."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from monitor.models import Change, Product, Watch
from monitor.recording.circumstances import histories, lock_comparing_rules
from monitor.recording.judgement import Judgement
from monitor.recording.pairs import pairs_of, pairs_of_rules
from monitor.recording.plan import Plan
from monitor.rules import OWN_KINDS, PRODUCT_KINDS, SHOP_KINDS, Kind, Memory


def raise_alerts(plans: Sequence[Plan], changes: Sequence[Change], *, now: datetime, deliver: bool) -> None:
    """Write the alerts that follow from a batch. `changes` are stored rows; `plans` give the states after them."""
    states = {plan.product.pk: plan.product for plan in plans if plan.snapshot is not None}
    telling = [plan for plan in plans if plan.shop and plan.data_time]
    # With a product's first check its shop comes on the list, as it is.
    shops = {plan.product.shop_id for plan in telling if plan.before_data_time is None}
    shops |= {change.shop_id for change in changes if change.shop_id is not None}
    if not states and not shops:
        return
    judged = Judgement(now=now, deliver=deliver)
    of_product, of_shop = _by_subject(changes)
    if states:
        _judge_products(judged, states, of_product)
    if shops:
        told = {plan.product.shop_id: plan.product.shop for plan in telling}
        for pair in pairs_of(Watch.objects.filter(product__shop_id__in=list(shops)), SHOP_KINDS, now):
            if (shop := told.get(pair.shop_id)) is not None:
                judged.shop(pair, of_shop[shop.pk], shop)
    judged.write()


def _judge_products(judged: Judgement, products: dict[int, Product], changes: Mapping[int, list[Change]]) -> None:
    """Judge products with a new snapshot, and those that are compared with one whose price has moved."""
    now = judged.now
    pairs = pairs_of(Watch.objects.filter(product_id__in=list(products)), PRODUCT_KINDS - OWN_KINDS, now)
    moved = [pk for pk in products if any(change.field in ("price", "status") for change in changes[pk])]
    moved += [pk for pk, product in products.items() if product.first_data_time == product.data_time]
    if moved and (comparing := lock_comparing_rules(moved)):
        others = pairs_of_rules(comparing, moved, now)
        missing = {pair.product_id for pair in others} - products.keys()
        products = {**products, **Product.objects.filter(data_time__isnull=False).in_bulk(missing)}
        pairs += others
    past = histories(pairs, products, now)
    for pair in pairs:
        if (product := products.get(pair.product_id)) is not None:
            judged.product(pair, changes[pair.product_id], product, past.get(pair.product_id))


def start_watching(watch_ids: Iterable[int], *, now: datetime) -> None:
    """Judge rules that are new to their products: fire what is true already, remember what to compare with."""
    keys = list(watch_ids)
    told = Product.objects.filter(watches__in=keys, data_time__isnull=False).select_related("shop")
    products = {product.pk: product for product in told}
    judged = Judgement(now=now, deliver=True)
    watches = Watch.objects.filter(pk__in=keys)
    pairs = [pair for pair in pairs_of(watches, frozenset(Kind), now) if pair.product_id in products]
    past = histories(pairs, products, now)
    for pair in pairs:
        product = products[pair.product_id]
        if pair.condition.kind in SHOP_KINDS:
            if product.shop is not None and pair.shop_memory == Memory():
                judged.shop(pair, [], product.shop)
        elif pair.product_memory == Memory():
            judged.product(pair, [], product, past.get(product.pk))
    judged.write()


def _by_subject(changes: Iterable[Change]) -> tuple[dict[int, list[Change]], dict[int, list[Change]]]:
    of_product: dict[int, list[Change]] = defaultdict(list)
    of_shop: dict[int, list[Change]] = defaultdict(list)
    for change in changes:
        if change.product_id is not None:
            of_product[change.product_id].append(change)
        elif change.shop_id is not None:
            of_shop[change.shop_id].append(change)
    return of_product, of_shop
