"""Readings of shops' ranges: pages become products, entries and changes, each page in one transaction.

A reading ends with the first page that brings nothing new. A product has left when two whole readings in a row lacked
it: a reading that is cut off, fails or repeats itself takes nothing away.
"""

import uuid
from datetime import datetime, timedelta

from django.db.models import Count, ExpressionWrapper, F, FloatField, Q, QuerySet, Sum

from monitor.budget import fitted
from monitor.budget.answers import PageResult, Result
from monitor.models import Change, Product, RangeEntry, ShopRange
from monitor.models.catalog import DOUYIN
from monitor.models.clock import future_from
from monitor.provider.codes import Outcome
from monitor.provider.errors import NotFound, ProviderError
from monitor.provider.listing import ListedProduct, ListingPage
from monitor.provider.observation import Observation, Status
from monitor.recording.alerts import raise_range_alerts
from monitor.schedule.next_check import CheckHistory, next_check

FIELD = "range"
ABSENT, LISTED, LEFT = "absent", "listed", "left"
#: A whole reading may lack a product by mistake, two in a row do not.
READINGS_TO_LEAVE = 2
#: A reading that rests longer than this begins anew: its pages are too far apart. One that goes on may take longer: a
#: shop may have more pages than a day's budget has calls.
RESTS_FOR = timedelta(days=1)
#: No reading has more pages: 20,000 products.
MOST_PAGES = 1000
#: How many products are a shop's best sellers, and the rank below which a best seller stops being one.
BEST, RANKS_TO_STAY = 10, 15
#: A shop's revenue is recorded again when it has moved by at least 1/20: estimates move a little each day.
REVENUE_STEPS = 20
#: The part of a shop's revenue that may be of products of whose sales only a bound is known.
UNKNOWN_SHARE = 0.1
#: The remark of a product that is known from a page of its shop.
COARSE = "range:coarse"

_OF_READING = ("reading", "began_at", "next_page", "data_time", "is_whole", "arrivals")
#: The other columns are of its followers.
_WRITTEN = (
    *(*_OF_READING, "read_at", "pages", "bases", "revenue"),
    *("checked_at", "answered_at", "last_outcome", "last_code", "failing_since", "failures"),
    *("next_check_at", "asked_at", "asked_by", "claim", "claimed_until"),
)


def begin_reading(shop_range: ShopRange, now: datetime) -> None:
    """Set the page that a claimed range is to be read from, in memory: its next one, or the first of a new reading."""
    began = shop_range.began_at
    last = began and max(began, shop_range.answered_at or began)
    if last is None or not last <= future_from(now) < last + RESTS_FOR:
        shop_range.reading += 1
        shop_range.began_at, shop_range.next_page, shop_range.data_time = now, 1, None
        shop_range.is_whole, shop_range.arrivals = True, 0


def products_of_page(shop_range: ShopRange, page: ListingPage, now: datetime) -> list[Result]:
    """Return a page's products that no user watches, claimed, as results to be recorded. New ones are stored first.

    A watched product has checks of its own, which tell more. Call it in a transaction.
    """
    listed = {product.num_iid: product for product in page.products}
    rows = Product.objects.filter(platform=DOUYIN, num_iid__in=listed)
    missing = set(listed) - set(rows.values_list("num_iid", flat=True))
    Product.objects.bulk_create(
        [Product(num_iid=key, shop_id=shop_range.pk, image=listed[key].image or "") for key in sorted(missing)],
        ignore_conflicts=True,
    )
    rows.filter(shop=None).update(shop=shop_range.pk)
    free = rows.filter(next_check_at=None).free(now).select_related("shop").order_by("pk")
    products, claim = list(free.select_for_update(no_key=True, of=("self",))), uuid.uuid4()
    rows.filter(pk__in=[product.pk for product in products]).update(claim=claim)
    for product in products:
        product.claim = claim
    return [Result(product, _observed(listed[product.num_iid], page), now, is_listed=True) for product in products]


def _observed(product: ListedProduct, page: ListingPage) -> Observation:
    return Observation(
        num_iid=product.num_iid,
        data_time=page.data_time,
        title=product.title,
        price=product.price,
        list_price=product.list_price,
        sales=product.sales,
        status=Status.ON_SALE,
        thin=True,
        from_cache=page.from_cache,
        request_id=page.request_id,
        flags=(COARSE,),
    )


def is_held(claimed: ShopRange) -> bool:
    """Return whether the claim still holds the range: another worker may have it, or nobody may follow the shop."""
    return ShopRange.objects.filter(pk=claimed.pk, claim=claimed.claim).exists()


def record_page(claimed: ShopRange, result: PageResult, *, deliver: bool = True) -> ShopRange | None:
    """Write a page of a reading, or why it could not be read; return the range as it is now.

    None if the claim was lost: then nothing is written. With `deliver` false the alerts count as delivered. Call it in
    a transaction, after the page's products were recorded.
    """
    held = ShopRange.objects.filter(pk=claimed.pk, claim=claimed.claim).select_for_update(no_key=True)
    shop_range = held.first()
    if shop_range is None:
        return None
    for name in _OF_READING:
        setattr(shop_range, name, getattr(claimed, name))
    shop_range.claim = shop_range.claimed_until = None
    answer, now = result.answer, result.received_at
    if isinstance(answer, NotFound):
        # Billed, and as good as an empty page.
        answer = ListingPage(products=(), data_time=now)
    if isinstance(answer, ListingPage):
        changes = _record_answer(shop_range, answer, now)
        raise_range_alerts(shop_range.shop, Change.objects.bulk_create(changes), now=now, deliver=deliver)
    elif isinstance(answer, ProviderError):
        _record_failure(shop_range, answer, now)
    shop_range.save(update_fields=_WRITTEN)
    return shop_range


def _record_failure(shop_range: ShopRange, error: ProviderError, now: datetime) -> None:
    """Note why the page could not be read, and plan to ask for it again."""
    shop_range.checked_at, shop_range.last_outcome, shop_range.last_code = now, error.outcome.value, error.code
    shop_range.failing_since = shop_range.failing_since or now
    shop_range.failures += 1
    if limits := shop_range.limits:
        history = CheckHistory(now, error.outcome, error.action, shop_range.failures, error.billing)
        shop_range.next_check_at = next_check(history, limits)


def _record_answer(shop_range: ShopRange, page: ListingPage, now: datetime) -> list[Change]:
    """Write what a page tells; return the changes, which are not stored yet."""
    shop_range.checked_at = shop_range.answered_at = now
    shop_range.last_outcome, shop_range.last_code = Outcome.OK.value, ""
    shop_range.failing_since, shop_range.failures = None, 0
    if shop_range.read_at is not None and page.data_time <= shop_range.read_at:
        # A copy from before the last reading tells nothing.
        shop_range.last_outcome, shop_range.is_whole = Outcome.STALE.value, False
        _plan_next(shop_range, now)
        return []
    shop_range.data_time = min(shop_range.data_time or page.data_time, page.data_time)
    shop_range.is_whole = shop_range.is_whole and page.is_whole
    is_new, changes = _write_entries(shop_range, page, now)
    shop_range.arrivals += len(changes)
    if is_new and shop_range.next_page < MOST_PAGES:
        shop_range.next_page += 1
        return changes
    shop_range.is_whole = shop_range.is_whole and not is_new
    return changes + _end_reading(shop_range, now)


def _write_entries(shop_range: ShopRange, page: ListingPage, now: datetime) -> tuple[bool, list[Change]]:
    """Write what the page lists; return whether it brings anything that this reading has not had yet, and what came."""
    keys = dict(
        Product.objects.filter(platform=DOUYIN, num_iid__in=[product.num_iid for product in page.products])
        .order_by("num_iid")
        .values_list("num_iid", "pk")
    )
    known = RangeEntry.objects.in_bulk(keys.values())
    since = shop_range.read_at if shop_range.bases else None
    if shop_range.bases == 1 and shop_range.next_page > 1 and not known:
        since = None  # The only whole reading so far ended before this page.
    entries: list[RangeEntry] = []
    changes: list[Change] = []
    differing: list[int] = []
    for product in page.products:
        before = known.get(keys[product.num_iid])
        if before is not None and before.shop_id == shop_range.pk and before.reading == shop_range.reading:
            continue
        # What another shop still lists is not new: one shop may be known by two IDs.
        if before is not None and before.shop_id != shop_range.pk and (before.left_at or before.missed):
            before = None
        entry = RangeEntry(
            product_id=keys[product.num_iid],
            shop_id=shop_range.pk,
            appeared_at=before.appeared_at if before else page.data_time if since else None,
            listed_at=page.data_time,
            reading=shop_range.reading,
            price=product.price,
            sales=product.sales.at_least if product.sales else None,
        )
        entries.append(entry)
        if before is None and since:
            changes.append(_change(entry, ABSENT, LISTED, since, page.data_time, page.request_id))
        elif before is not None and before.left_at:
            changes.append(_change(entry, LEFT, LISTED, before.left_at, page.data_time, page.request_id))
        if before is not None and (before.left_at or (before.price, before.sales) != (entry.price, entry.sales)):
            differing.append(entry.product_id)
    # Also `missed` and `left_at`, which begin anew.
    columns = ["shop", "appeared_at", "listed_at", "reading", "missed", "left_at", "price", "sales"]
    RangeEntry.objects.bulk_create(entries, update_conflicts=True, unique_fields=["product"], update_fields=columns)
    # What a watched product's shop tells differently than before is worth a check of its own.
    make_due(differing, now)
    return bool(entries), changes


def _change(entry: RangeEntry, before: str, after: str, since: datetime, at: datetime, request_id: str = "") -> Change:
    return Change(
        product_id=entry.product_id,
        field=FIELD,
        before=before,
        after=after,
        last_seen_before=since,
        first_seen_after=at,
        request_id=request_id,
    )


def make_due(products: list[int], now: datetime) -> None:
    """Check these products now, if somebody watches them."""
    Product.objects.filter(pk__in=products, next_check_at__gt=now).update(next_check_at=now)


def _end_reading(shop_range: ShopRange, now: datetime) -> list[Change]:
    """Mark what has left, and plan the next reading. Return the changes.

    From a reading with a page that was not whole nothing follows but what it listed.
    """
    assert shop_range.data_time is not None
    left = _mark_absent(shop_range, shop_range.data_time, now) if shop_range.is_whole else []
    if shop_range.is_whole and shop_range.bases < 2:
        shop_range.bases += RangeEntry.objects.filter(shop=shop_range.pk, reading=shop_range.reading).exists()
    ranked = _rank(shop_range)
    shop_range.read_at, shop_range.pages = shop_range.data_time, shop_range.next_page
    _plan_next(shop_range, now)
    return left + ranked


def _mark_absent(shop_range: ShopRange, data_time: datetime, now: datetime) -> list[Change]:
    """Count this reading for the products that it lacked; return the changes of those that have left."""
    lacking = RangeEntry.objects.filter(shop=shop_range.pk, left_at=None, reading__lt=shop_range.reading)
    lacking.update(missed=F("missed") + 1)
    leaving = list(lacking.filter(missed__gte=READINGS_TO_LEAVE))
    RangeEntry.objects.filter(pk__in=[entry.pk for entry in leaving]).update(left_at=data_time, is_best=False)
    make_due([entry.pk for entry in leaving], now)
    return [_change(entry, LISTED, LEFT, entry.listed_at, data_time) for entry in leaving]


def _rank(shop_range: ShopRange) -> list[Change]:
    """Note which products sell best, and what the shop earns a day; both are news from the second reading on."""
    assert shop_range.data_time is not None
    entries = RangeEntry.objects.filter(shop=shop_range.pk, left_at=None)
    sellers = entries.filter(product__index__units__gt=0).order_by("-product__index__units", "pk")
    first = list(sellers[:RANKS_TO_STAY])
    best = [entry for place, entry in enumerate(first) if place < BEST or entry.is_best]
    joined = [entry for entry in best if not entry.is_best]
    entries.filter(is_best=True).exclude(pk__in=[entry.pk for entry in best]).update(is_best=False)
    entries.filter(pk__in=[entry.pk for entry in joined]).update(is_best=True)
    # Of a product that was there before, a first estimate is no news.
    news = [entry for entry in joined if entry.is_known or entry.appeared_at]
    entries.filter(is_known=False, product__index__units__isnull=False).update(is_known=True)
    before, revenue = shop_range.revenue, _revenue(entries)
    if revenue is not None and (before is None or abs(revenue - before) * REVENUE_STEPS >= before):
        shop_range.revenue = revenue
    if (since := shop_range.read_at) is None:
        return []
    times = {"last_seen_before": since, "first_seen_after": shop_range.data_time}
    changes = [Change(product_id=entry.pk, field="best_ten", before=False, after=True, **times) for entry in news]
    if before is not None and shop_range.revenue != before:
        changes.append(Change(shop_id=shop_range.pk, field="revenue", before=before, after=shop_range.revenue, **times))
    return changes


def _revenue(entries: QuerySet[RangeEntry]) -> int | None:
    """Return what the listed products earn a day, in fen.

    None while products that were there from the start, and of whose sales only a bound is known, may earn more than
    `UNKNOWN_SHARE` of it: it would seem to grow as their sales become known.
    """
    index = "product__index__"
    unknown = Q(appeared_at=None, product__sales__isnull=False, **{f"{index}units": None})
    most = ExpressionWrapper(F(f"{index}units_high") * F(f"{index}price"), FloatField())
    sums = entries.aggregate(
        revenue=Sum(f"{index}revenue"),
        unknown=Sum(most, filter=unknown, default=0.0),
        unbounded=Count("pk", filter=unknown & Q(**{f"{index}units_high": None})),
    )
    is_known = not sums["unbounded"] and sums["unknown"] <= (sums["revenue"] or 0) * UNKNOWN_SHARE
    return sums["revenue"] if is_known else None


def _plan_next(shop_range: ShopRange, now: datetime) -> None:
    """End the reading, which served whoever asked for it, and plan the next one: readings are even."""
    shop_range.asked_at = shop_range.asked_by_id = shop_range.began_at = shop_range.next_check_at = None
    if limits := shop_range.limits:
        wait = limits.stretched(fitted.planner().fleet.stretch)
        shop_range.next_check_at = next_check(CheckHistory(now, Outcome.OK), limits, wait)
