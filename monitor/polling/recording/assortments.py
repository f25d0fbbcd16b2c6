"""Readings of shops' assortments: pages become products and entries, each page in one transaction.

A page only writes what it lists. When the reading has ended, it is judged as a whole: what it
lacked, what is new, what came back. A reading that is short, foreign or odd tells nothing, and
takes nothing away."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

from django.db.models import Count, DateTimeField, F, Q, QuerySet
from django.db.models.functions import Coalesce

from monitor.judging.doubts import FEW
from monitor.judging.schedule.next_check import CheckHistory, next_check
from monitor.models import Assortment, AssortmentEntry, Change, Product
from monitor.models.assortments import MOST_PAGES, SHORTEST_READING
from monitor.models.catalog import DOUYIN
from monitor.models.clock import future_from
from monitor.people.allowances import with_readings_left
from monitor.polling.answers import PageResult, Result
from monitor.polling.budget import fitted
from monitor.polling.recording.alerts import raise_assortment_alerts
from monitor.polling.recording.sold_together import sold_together
from monitor.provider.codes import Outcome
from monitor.provider.errors import NotFound, ProviderError
from monitor.provider.listing import OTHER_SHOP, ListedProduct, ListingPage
from monitor.provider.observation import Observation, Status

FIELD = "range"
ABSENT, LISTED, LEFT = "absent", "listed", "left"
#: A product has left when two whole readings in a row lacked it and its own check agrees; or, while
#: no such check is answered, four.
READINGS_TO_LEAVE, READINGS_WITHOUT_CHECKS = 2, 4
#: A reading counts if it lacks at most this part of the assortment, or these few.
LACKING_PART, LACKING_FEW = 10, 2
#: While fewer readings have counted, many new products are those that the first readings lacked.
READINGS_OF_BASE, READINGS_WHILE_YOUNG = 2, 4
#: So many own checks of vanished products decide for those that vanished with them, unless more
#: than one in this many disagrees.
SAMPLE, CHECKS_PER_DENIAL = 3, 5
#: If this part of the assortment is in doubt about its prices, the shop's own pages cannot end the
#: doubt.
DOUBTED_PART = 10
#: A reading that rests longer than this begins anew: its pages are too far apart. One that goes on
#: may take longer: a shop may have more pages than a day's budget has calls.
RESTS_FOR = timedelta(days=2)
#: How many products are a shop's best sellers, and the rank below which a best seller stops being
#: one.
BEST, RANKS_TO_STAY = 10, 15
#: The remark of a product that is known from a page of its shop.
COARSE = "range:coarse"

_OF_READING = ("reading", "began_at", "next_page", "data_time", "is_whole")
#: The other columns are of its followers.
_WRITTEN = (
    *(*_OF_READING, "read_at", "counted_at", "pages", "bases", "revenue"),
    *("checked_at", "answered_at", "last_outcome", "last_code", "failing_since", "failures"),
    *("next_check_at", "asked_at", "asked_by", "claim", "claimed_until"),
)


def begin_reading(assortment: Assortment, now: datetime) -> None:
    """Set the page that a claimed assortment is to be read from, in memory: its next one, or the
    first of a new reading."""
    began = assortment.began_at
    last = began and max(began, assortment.answered_at or began)
    if last is None or not last <= future_from(now) < last + RESTS_FOR:
        assortment.reading += 1
        assortment.began_at, assortment.next_page, assortment.data_time = now, 1, None
        assortment.is_whole = True


def products_of_page(assortment: Assortment, page: ListingPage, now: datetime) -> list[Result]:
    """Return a page's products that no user watches, claimed, as results to be recorded. New ones
    are stored first.

    A watched product has checks of its own, which tell more. Call it in a transaction.
    """
    listed = {product.num_iid: product for product in page.products}
    rows = Product.objects.filter(platform=DOUYIN, num_iid__in=listed)
    missing = set(listed) - set(rows.values_list("num_iid", flat=True))
    Product.objects.bulk_create(
        [Product(num_iid=key, image=listed[key].image or "") for key in sorted(missing)],
        ignore_conflicts=True,
    )
    had = _entries(assortment).filter(reading=assortment.reading).values("product")
    free = (
        rows.filter(next_check_at=None)
        .exclude(pk__in=had)
        .free(now)
        .select_related("shop")
        .order_by("pk")
    )
    products, claim = list(free.select_for_update(no_key=True, of=("self",))), uuid.uuid4()
    rows.filter(pk__in=[product.pk for product in products]).update(claim=claim)
    for product in products:
        product.claim = claim
    return [
        Result(product, _observed(listed[product.num_iid], page), now, is_listed=True)
        for product in products
    ]


def may_settle_prices(assortment: Assortment) -> bool:
    """Return whether the shop's pages may end doubts about prices that they told.

    Not if the whole shop moved, unless own checks of some of its products confirmed that since the
    last reading."""
    entries = _entries(assortment).filter(left_at=None)
    doubted = entries.filter(product__doubted_at__isnull=False).count()
    if doubted * DOUBTED_PART < entries.count():
        return True
    since = assortment.read_at
    if since is None:
        return False
    listed = Product.objects.filter(assortment_entries__shop=assortment.pk)
    for product in listed.filter(dropped__isnull=False):
        doubt = product.dropped_doubt
        if doubt and doubt.field == "price" and doubt.seen_at > since:
            return False
    confirmed = Change.objects.filter(
        product__in=listed, field="price", doubted_at__isnull=False, first_seen_after__gt=since
    )
    return confirmed.count() >= SAMPLE


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


def is_held(claimed: Assortment) -> bool:
    """Return whether the claim still holds the assortment: another worker may have it, or nobody
    may follow the shop."""
    return Assortment.objects.filter(pk=claimed.pk, claim=claimed.claim).exists()


def record_page(
    claimed: Assortment, result: PageResult, *, deliver: bool = True
) -> Assortment | None:
    """Write a page of a reading, or why it could not be read; return the assortment as it is now.

    None if the claim was lost: then nothing is written. With `deliver` false the alerts count as
    delivered. Call it in a transaction, after the page's products were recorded."""
    held = Assortment.objects.filter(pk=claimed.pk, claim=claimed.claim).select_for_update(
        no_key=True
    )
    assortment = held.first()
    if assortment is None:
        return None
    for name in _OF_READING:
        setattr(assortment, name, getattr(claimed, name))
    assortment.claim = assortment.claimed_until = None
    answer, now = result.answer, result.received_at
    if isinstance(answer, NotFound):
        # Billed, and as good as an empty page.
        answer = ListingPage(products=(), data_time=now)
    if isinstance(answer, ListingPage):
        changes = _record_answer(assortment, answer, now)
        raise_assortment_alerts(assortment.shop, _stored(changes), now=now, deliver=deliver)
    elif isinstance(answer, ProviderError):
        _record_failure(assortment, answer, now)
    assortment.save(update_fields=_WRITTEN)
    return assortment


def _stored(changes: list[Change]) -> list[Change]:
    """Store changes. One that the reading of another ID of the shop has told already is the same
    one."""
    key = ["product", "first_seen_after", "field"]
    return Change.objects.bulk_create(
        changes, update_conflicts=True, unique_fields=key, update_fields=["request_id"]
    )


def _record_failure(assortment: Assortment, error: ProviderError, now: datetime) -> None:
    """Note why the page could not be read, and plan to ask for it again."""
    assortment.checked_at, assortment.last_outcome, assortment.last_code = (
        now,
        error.outcome.value,
        error.code,
    )
    assortment.failing_since = assortment.failing_since or now
    assortment.failures += 1
    if limits := assortment.limits:
        history = CheckHistory(now, error.outcome, error.action, assortment.failures, error.billing)
        assortment.next_check_at = next_check(history, limits)


def _record_answer(assortment: Assortment, page: ListingPage, now: datetime) -> list[Change]:
    """Write what a page tells; return the changes, which are not stored yet."""
    assortment.checked_at = assortment.answered_at = now
    assortment.last_outcome, assortment.last_code = Outcome.OK.value, ""
    assortment.failing_since, assortment.failures = None, 0
    if assortment.read_at is not None and page.data_time <= assortment.read_at:
        # A copy from before the last reading tells nothing.
        assortment.last_outcome, assortment.is_whole = Outcome.STALE.value, False
        _plan_next(assortment, now)
        return []
    assortment.data_time = min(assortment.data_time or page.data_time, page.data_time)
    assortment.is_whole = assortment.is_whole and page.is_whole
    is_new = _write_entries(assortment, page, now)
    if is_new and assortment.next_page < MOST_PAGES:
        assortment.next_page += 1
        return []
    if is_new:
        # It has more than is read: what comes into its first pages is not new, and what leaves them
        # is not gone.
        assortment.is_whole, assortment.bases = False, 0
    return _end_reading(assortment, page, now)


def _write_entries(assortment: Assortment, page: ListingPage, now: datetime) -> bool:
    """Write what the page lists; return whether it brings anything that this reading has not had
    yet."""
    keys = dict(
        Product.objects.filter(
            platform=DOUYIN, num_iid__in=[product.num_iid for product in page.products]
        )
        .order_by("num_iid")
        .values_list("num_iid", "pk")
    )
    known = {
        entry.product_id: entry for entry in _entries(assortment).filter(product__in=keys.values())
    }
    # What is new waits for the end of the reading.
    lacked_at = assortment.counted_at or assortment.read_at or page.data_time
    waiting = {"lacked_at": lacked_at, "left_at": page.data_time}
    entries: list[AssortmentEntry] = []
    differing: list[int] = []
    for product in page.products:
        key = keys[product.num_iid]
        entry = known.get(key) or AssortmentEntry(shop_id=assortment.pk, product_id=key, **waiting)
        if entry.reading == assortment.reading:
            continue
        before, price = (
            (entry.price, entry.sales),
            entry.price if product.price is None else product.price,
        )
        entry.price, entry.sales = price, product.sales.at_least if product.sales else None
        entry.listed_at, entry.reading = page.data_time, assortment.reading
        entry.missed, entry.missing_since = 0, None
        entries.append(entry)
        if key in known and (entry.left_at or (entry.price, entry.sales) != before):
            differing.append(key)
    columns = ["listed_at", "reading", "missed", "missing_since", "price", "sales"]
    AssortmentEntry.objects.bulk_create(
        entries, update_conflicts=True, unique_fields=["shop", "product"], update_fields=columns
    )
    # What a watched product's shop tells differently than before is worth a check of its own.
    make_due(differing, now)
    return bool(entries)


def _entries(assortment: Assortment) -> QuerySet[AssortmentEntry]:
    return AssortmentEntry.objects.filter(shop=assortment.pk)


def _change(
    entry: AssortmentEntry,
    before: str,
    after: str,
    since: datetime,
    at: datetime,
    request_id: str = "",
) -> Change:
    return Change(
        product_id=entry.product_id,
        field=FIELD,
        before=before,
        after=after,
        last_seen_before=since,
        first_seen_after=at,
        request_id=request_id,
    )


def make_due(products: Collection[int], now: datetime) -> None:
    """Check these products now, if somebody watches them."""
    Product.objects.filter(pk__in=products, next_check_at__gt=now).update(next_check_at=now)


def _check_some(assortment: Assortment, products: Sequence[int], now: datetime) -> None:
    """Check a few of these products now, evenly chosen; once if nobody watches them. Who follows
    the shop pays them."""
    chosen = products[:: max(1, -(-len(products) // FEW))]
    # Beside the page that has just been read.
    if not with_readings_left(
        assortment.followers(), now, besides=assortment.pk, calls=1 + len(chosen)
    ):
        return
    Product.objects.filter(pk__in=chosen).exclude(next_check_at__lte=now).update(next_check_at=now)


def _end_reading(assortment: Assortment, page: ListingPage, now: datetime) -> list[Change]:
    """Judge the reading that ended with `page`, and plan the next one. Return the changes, which
    are not stored yet."""
    assert assortment.data_time is not None
    home = _home(assortment)
    changes = _mark_absent(assortment, home, now) if assortment.is_whole else []
    counts = _counts(assortment)
    changes += _bring_back(assortment, home, counts=counts)
    if counts or not assortment.bases:
        changes += _let_in(assortment, home, now)
        changes += _rank(assortment)
    if counts:
        assortment.counted_at = assortment.data_time
    if assortment.bases < READINGS_OF_BASE:
        changes = []
    doubted = _entries(assortment).filter(left_at=None, product__doubted_at__isnull=False)
    _check_some(assortment, list(doubted.values_list("product", flat=True)), now)
    _ask_for_name(assortment, page, now)
    was_early = (
        assortment.read_at is not None
        and assortment.data_time < assortment.read_at + 2 * SHORTEST_READING
    )
    assortment.read_at, assortment.pages = assortment.data_time, assortment.next_page
    _plan_next(assortment, now)
    arrived = _entries(assortment).filter(
        lacked_at__isnull=False, left_at__gte=assortment.data_time
    )
    if counts and assortment.next_check_at and not was_early and arrived.exists():
        # Own checks of some of them are under way. Pages that list others each time are not read
        # each hour.
        assortment.next_check_at = min(assortment.next_check_at, now + SHORTEST_READING)
    return changes


def _home(assortment: Assortment) -> int:
    """Return the shop that most products of the assortment belong to: another one if the shop is
    known by two IDs."""
    shops = (
        _entries(assortment)
        .filter(left_at=None, product__shop__isnull=False)
        .values_list("product__shop")
    )
    most = shops.annotate(n=Count("pk")).order_by("-n", "product__shop").first()
    return int(most[0]) if most else assortment.pk


def _mark_absent(assortment: Assortment, home: int, now: datetime) -> list[Change]:
    """Count a whole reading for the products that it lacked; return the changes of those that have
    left.

    Those that vanished together are judged together: own checks of a few of them decide for all.
    """
    assert assortment.data_time is not None
    lacking = _entries(assortment).filter(left_at=None, reading__lt=assortment.reading)
    since = Coalesce("missing_since", assortment.data_time, output_field=DateTimeField())
    lacking.update(missed=F("missed") + 1, missing_since=since)
    leaving: list[AssortmentEntry] = []
    entries = lacking.select_related("product").order_by("missed", "product")
    for missed, together in groupby(entries, key=attrgetter("missed")):
        words = {entry: _own_word(entry, home) for entry in together}
        gone, stay = (sum(word is said for word in words.values()) for said in (False, True))
        are_all_gone = gone >= SAMPLE and stay * CHECKS_PER_DENIAL <= gone
        are_all_gone |= missed >= READINGS_WITHOUT_CHECKS and not stay
        has_left = {
            entry
            for entry, word in words.items()
            if word is False or (word is None and are_all_gone)
        }
        if missed >= READINGS_TO_LEAVE:
            leaving += has_left
        if (
            missed & (missed - 1) == 0
        ):  # After 1, 2, 4, 8… readings: what was on sale then may have left since.
            _check_some(
                assortment, [entry.product_id for entry in words if entry not in has_left], now
            )
    _entries(assortment).filter(pk__in=[entry.pk for entry in leaving]).update(
        left_at=assortment.data_time, is_best=False
    )
    return [
        _change(entry, LISTED, LEFT, entry.listed_at, assortment.data_time) for entry in leaving
    ]


def _own_word(entry: AssortmentEntry, home: int) -> bool | None:
    """Return whether a check of the product itself, since a reading lacked it, saw it on sale in
    the shop; None without an answer that is beyond doubt."""
    product, since = entry.product, entry.missing_since
    if (
        since is None
        or product.answered_at is None
        or product.answered_at <= since
        or product.doubted_at
    ):
        return None
    return product.status == Status.ON_SALE and product.shop_id == home


def _counts(assortment: Assortment) -> bool:
    """Return whether the reading is whole and lists nearly the assortment."""
    known = _entries(assortment).filter(left_at=None)
    total, listed = known.count(), known.filter(reading=assortment.reading).count()
    most_lacking = max(LACKING_FEW, total // LACKING_PART)
    return assortment.is_whole and total - listed <= most_lacking and (listed > 0 or not total)


def _bring_back(assortment: Assortment, home: int, *, counts: bool) -> list[Change]:
    """Return the changes of products that had left and were listed again, or whose own check saw
    them on sale since."""
    assert assortment.data_time is not None
    seen = Q(
        product__answered_at__gt=F("left_at"),
        product__status=Status.ON_SALE.value,
        product__shop=home,
    )
    is_back = seen & Q(product__doubted_at=None)
    if counts:
        is_back |= Q(reading=assortment.reading)
    back = list(_entries(assortment).filter(is_back, left_at__isnull=False, lacked_at=None))
    _entries(assortment).filter(pk__in=[entry.pk for entry in back]).update(
        left_at=None, missed=0, missing_since=None
    )
    return [
        _change(entry, LEFT, LISTED, entry.left_at, assortment.data_time)
        for entry in back
        if entry.left_at
    ]


def _let_in(assortment: Assortment, home: int, now: datetime) -> list[Change]:
    """Take what is new into the assortment; return its changes, if it is news.

    The first readings are the base: it is no news what they tell. Later, many new products at once
    may be another shop's, as one that another shop had is: then own checks of a few of them, since
    they are listed, decide for all."""
    assert assortment.data_time is not None
    new = _entries(assortment).filter(lacked_at__isnull=False, reading=assortment.reading)
    elsewhere = new.filter(product__shop__isnull=False).exclude(product__shop=home)
    told = Q(product__answered_at__gt=F("lacked_at"))
    ours, foreign = new.filter(told, product__shop=home).count(), elsewhere.filter(told)
    _count_base(assortment, new.count())
    is_base = assortment.bases < READINGS_OF_BASE
    is_trusted = ours >= SAMPLE and foreign.count() * CHECKS_PER_DENIAL <= ours
    joining = list(
        new if is_base else new.exclude(pk__in=(foreign if is_trusted else elsewhere).values("pk"))
    )
    are_many = len(joining) > FEW
    if not (is_base or is_trusted):
        joining = [] if are_many else joining
        waiting = new.exclude(pk__in=[entry.pk for entry in joining]).exclude(
            pk__in=foreign.values("pk")
        )
        _check_some(assortment, list(waiting.values_list("product", flat=True)), now)
    is_news = not is_base and (not are_many or assortment.bases == READINGS_WHILE_YOUNG)
    appeared_at = assortment.data_time if is_news else None
    keys = [entry.product_id for entry in joining]
    new.filter(product__in=keys).update(lacked_at=None, left_at=None, appeared_at=appeared_at)
    strays = Product.objects.filter(pk__in=keys).filter(
        ~Q(shop=home) if is_trusted else Q(shop=None)
    )
    keys = list(strays.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    Product.objects.filter(pk__in=keys).update(shop=home)
    if not is_news:
        return []
    return [
        _change(entry, ABSENT, LISTED, entry.lacked_at, assortment.data_time)
        for entry in joining
        if entry.lacked_at
    ]


def _count_base(assortment: Assortment, new: int) -> None:
    """Count a reading that lists about as many new products as usual: the first ones are a base
    when two nearly agree."""
    listed = _entries(assortment).filter(reading=assortment.reading).count()
    agrees = _counts(assortment) and new <= max(LACKING_FEW, listed // LACKING_PART)
    if assortment.bases and agrees:
        assortment.bases = min(assortment.bases + 1, READINGS_WHILE_YOUNG)
    elif assortment.bases < READINGS_OF_BASE and listed and assortment.is_whole:
        assortment.bases = 1


def _ask_for_name(assortment: Assortment, page: ListingPage, now: datetime) -> None:
    """Check one product of a shop whose name is not known, or whose pages name another shop: it may
    be renamed."""
    listed = (
        _entries(assortment)
        .filter(left_at=None)
        .order_by("product")
        .values_list("product", flat=True)
    )
    is_unknown = (
        assortment.shop.name is None
        and not listed.filter(product__shop_told_at__isnull=False).exists()
    )
    if is_unknown or (OTHER_SHOP in page.flags and not page.products):
        _check_some(assortment, list(listed[:1]), now)


def _rank(assortment: Assortment) -> list[Change]:
    """Note which products sell best, if all are read, and what the shop earns a day; both are news
    from the second reading on."""
    assert assortment.data_time is not None
    entries = _entries(assortment).filter(left_at=None)
    sellers = entries.filter(product__units__gt=0).order_by("-product__units", "product")
    is_read_whole = assortment.next_page < MOST_PAGES
    first = list(sellers[:RANKS_TO_STAY]) if is_read_whole else []
    best = [entry for place, entry in enumerate(first) if place < BEST or entry.is_best]
    joined = [entry for entry in best if not entry.is_best]
    entries.filter(is_best=True).exclude(pk__in=[entry.pk for entry in best]).update(is_best=False)
    entries.filter(pk__in=[entry.pk for entry in joined]).update(is_best=True)
    # Of a product that was there before, a first estimate is no news.
    news = [entry for entry in joined if entry.is_known or entry.appeared_at]
    entries.filter(is_known=False, product__units__isnull=False).update(is_known=True)
    before, sold = assortment.revenue, sold_together(Product.objects.listed_by(assortment.pk))
    # Estimates move a little each day: only what certainly differs is another revenue.
    if before is None or not sold.may_earn(before):
        assortment.revenue = sold.revenue
    if (since := assortment.read_at) is None:
        return []
    times = {"last_seen_before": since, "first_seen_after": assortment.data_time}
    changes = [
        Change(product_id=entry.product_id, field="best_ten", before=False, after=True, **times)
        for entry in news
    ]
    if before is not None and assortment.revenue != before:
        changes.append(
            Change(
                shop_id=assortment.pk,
                field="revenue",
                before=before,
                after=assortment.revenue,
                **times,
            )
        )
    return changes


def _plan_next(assortment: Assortment, now: datetime) -> None:
    """End the reading, which served whoever asked for it, and plan the next one: readings are
    even."""
    assortment.asked_at = assortment.asked_by_id = assortment.began_at = (
        assortment.next_check_at
    ) = None
    if limits := assortment.limits:
        wait = limits.stretched(fitted.planner().fleet.stretch)
        assortment.next_check_at = next_check(CheckHistory(now, Outcome.OK), limits, wait)
