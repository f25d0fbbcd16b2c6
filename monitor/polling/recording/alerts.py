"""Judges changes by the rules of all watchers, and writes the alerts, in a fixed number of
statements."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from monitor.judging.rules.judging import Memory
from monitor.judging.rules.kinds import (
    PRODUCT_KINDS,
    RIVAL_KINDS,
    SHOP_KINDS,
    UNITS_KINDS,
    Kind,
    Subject,
)
from monitor.judging.rules.offers import is_stale
from monitor.models import Change, Product, Shop, ShopScore, Watch
from monitor.polling.recording.evidence import comparing_rules, rule_cases
from monitor.polling.recording.judgement import Judgement
from monitor.polling.recording.pairs import Pair, pairs_of, pairs_of_followers, pairs_of_rules
from monitor.polling.recording.updates import ProductUpdate


def raise_alerts(
    updates: Sequence[ProductUpdate],
    changes: Sequence[Change],
    scores: Iterable[ShopScore],
    *,
    now: datetime,
    deliver: bool,
) -> None:
    """Write the alerts that follow from a batch. `changes` are stored rows; `updates` hold the
    states after them.

    `scores` are the shops' new scores, which need not be a change.
    """
    changed = {update.product.pk: update for update in updates if update.snapshot is not None}
    with_shop = [update for update in updates if update.shop and update.data_time]
    # A product's first check brings its shop to the list.
    shop_keys = {update.product.shop_id for update in with_shop if update.before_data_time is None}
    shop_keys |= {score.shop_id for score in scores}
    shop_keys |= {change.shop_id for change in changes if change.shop_id is not None}
    again = {update.product.pk for update in updates if _is_compared_again(update)}
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
        shops = {update.product.shop_id: update.product.shop for update in with_shop}
        for pair in pairs_of(
            Watch.objects.filter(product__shop_id__in=list(shop_keys)), SHOP_KINDS
        ):
            if (shop := shops.get(pair.shop_id)) is not None:
                judgement.shop(pair, of_shop[shop.pk], shop)
    judgement.write()


def _is_compared_again(update: ProductUpdate) -> bool:
    """Return whether comparisons with this product work again from this check on, after its price
    was too old for a while."""
    before, after = update.claimed.answered_at, update.product.answered_at
    if not update.is_compared or before is None or after is None or after == before:
        return False
    asked, interval = update.claimed.asked_since, update.product.interval
    return (asked is not None and asked > before) or (
        interval is not None and is_stale(before, interval, after)
    )


def _judge_products(
    judgement: Judgement,
    updates: dict[int, ProductUpdate],
    changes: Mapping[int, list[Change]],
    again: Collection[int],
) -> None:
    """Judge products with a new snapshot, and the products that are compared with one of these or
    of `again`."""
    products = {pk: update.product for pk, update in updates.items()}
    pairs = pairs_of(
        Watch.objects.filter(product_id__in=list(products)), PRODUCT_KINDS - RIVAL_KINDS
    )
    if again or any(update.is_compared for update in updates.values()):
        pairs += _compared_pairs({*products, *again}, RIVAL_KINDS - UNITS_KINDS)
    _judge(judgement, pairs, products, changes)


def _compared_pairs(
    products: Collection[int], kinds: Collection[Kind], *, lock: bool = True
) -> list[Pair]:
    """Return the pairs of the rules of `kinds` that have one of `products` on either side. Unless
    they are to be locked, one statement without such rules."""
    rules = comparing_rules(products, kinds, lock=lock)
    return pairs_of_rules(rules, products) if rules else []


def _judge(
    judgement: Judgement,
    pairs: Sequence[Pair],
    products: Mapping[int, Product],
    changes: Mapping[int, list[Change]],
) -> None:
    """Judge pairs. Products that are not among `products` are read."""
    missing = {pair.product_id for pair in pairs} - products.keys()
    more = Product.objects.filter(data_time__isnull=False).in_bulk(missing) if missing else {}
    known = {**more, **products}
    pairs = [pair for pair in pairs if pair.product_id in known]
    cases = rule_cases(
        [(known[pair.product_id], pair.condition, pair.others) for pair in pairs], judgement.now
    )
    for pair, case in zip(pairs, cases, strict=True):
        judgement.product(pair, changes.get(pair.product_id, []), known[pair.product_id], case)


def compare_again(
    products: Collection[int],
    kinds: Collection[Kind],
    *,
    now: datetime,
    chosen_for: Collection[Watch] = (),
) -> None:
    """Judge the rules of `kinds` that have one of `products` on either side. One statement without
    such rules.

    Where rivals were just chosen for watches, only remember how their products stand: that is no
    news."""
    pairs = _compared_pairs(products, kinds)
    if chosen_for:
        watches = {(watch.watchlist_id, watch.product_id) for watch in chosen_for}
        pairs = [
            pair._replace(is_paused=True)
            for pair in pairs
            if (pair.watchlist_id, pair.product_id) in watches
        ]
    judgement = Judgement(now=now, deliver=True)
    _judge(judgement, pairs, {}, {})
    judgement.write()


def raise_assortment_alerts(
    shop: Shop, changes: Sequence[Change], *, now: datetime, deliver: bool
) -> None:
    """Write the alerts of the rules of lists that follow a shop. `changes` are stored rows of one
    page or reading."""
    of_product: dict[int, list[Change]] = defaultdict(list)
    for change in changes:
        if change.product_id is not None:
            of_product[change.product_id].append(change)
    pairs = pairs_of_followers(shop.pk, of_product) if changes else []
    if not pairs:
        return
    judgement = Judgement(now=now, deliver=deliver)
    of_products = [pair for pair in pairs if not pair.condition.spec.subject.is_shop]
    _judge(judgement, of_products, Product.objects.in_bulk(of_product), of_product)
    for pair in pairs:
        if pair.condition.spec.subject.is_shop:
            judgement.shop(pair, [change for change in changes if change.shop_id is not None], shop)
    judgement.write()


def start_watching(watch_ids: Iterable[int], *, now: datetime, is_news: bool = True) -> None:
    """Judge rules that are new to their products: fire what is true already, where that `is_news`,
    and store what to compare with.

    A product that joins a list may be a rival of others.
    """
    keys = list(watch_ids)
    rows = Product.objects.filter(watches__in=keys, data_time__isnull=False).select_related("shop")
    products = {product.pk: product for product in rows}
    judgement = Judgement(now=now, deliver=True)
    watches = Watch.objects.filter(pk__in=keys)
    pairs = [pair for pair in pairs_of(watches, frozenset(Kind)) if pair.product_id in products]
    if not is_news:
        pairs = [pair._replace(is_paused=True) for pair in pairs]
    of_products = [pair for pair in pairs if pair.condition.spec.subject is not Subject.SHOP]
    new = [pair for pair in of_products if pair.product_memory == Memory()]
    others = [
        pair
        for pair in _compared_pairs(products, RIVAL_KINDS, lock=False)
        if pair.product_id not in products
    ]
    _judge(judgement, [*others, *new], products, {})
    for pair in pairs:
        shop = products[pair.product_id].shop
        if (
            pair.condition.spec.subject is Subject.SHOP
            and shop is not None
            and pair.shop_memory == Memory()
        ):
            judgement.shop(pair, [], shop)
    judgement.write()
