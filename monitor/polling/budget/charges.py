"""Charges: for whom calls were made. All who watch a product pay equal parts of its calls; who asks
for one pays it.

What an operator asks for is charged like the schedule's calls; calls for products that no list
watches are not charged."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from django.db import connection

from monitor.models import Assortment, Charge, Follow, Product, SearchPage, Watch
from monitor.models.usage import PARTS, provider_day
from monitor.people.allowances import check_allowances, shares_calls, with_readings_left
from monitor.polling.answers import PageResult, Result
from monitor.polling.budget.limit import daily_calls
from monitor.provider.codes import Outcome
from monitor.provider.errors import NotFound
from monitor.provider.listing import ListingPage

#: As long as the audit log.
KEPT = timedelta(days=365)


def charge(
    results: Iterable[Result], day: date, confirming: Mapping[int, Sequence[int]] | None = None
) -> None:
    """Charge the calls of a batch. Two statements; one if no list watches its products.

    `confirming`: for each product, the keys of the users who pay for its confirming call; None for
    other calls."""
    called = [result for result in results if not isinstance(result.answer, Outcome)]
    if not called:
        return
    reasons = {result.product.pk: _reason(result) for result in called}
    payers = (
        _payers({key: asker for key, (_why, asker) in reasons.items()})
        if confirming is None
        else confirming
    )
    parts = Counter[tuple[int, str]]()
    for key, (why, _asker) in reasons.items():
        reason = why if confirming is None else Charge.Reason.CONFIRMING
        for person, part in _shares(payers.get(key, [])):
            parts[person, reason.value] += part
    _add(parts, day)


def charge_page(subject: Assortment | SearchPage, result: PageResult, day: date) -> None:
    """Charge a call for a page: to the user on whose allowance it waited, else to all whose lists
    follow the shop.

    Nobody pays for a search whose user is gone, nor for a page of a shop that failed. A search that
    failed is charged: a user who repeats it would spend the calls of others."""
    if isinstance(subject, Assortment) and not isinstance(result.answer, ListingPage | NotFound):
        return
    if subject.asked_by_id is not None:
        is_first = isinstance(subject, Assortment) and subject.read_at is None
        owners, reason = (
            [subject.asked_by_id],
            Charge.Reason.FIRST if is_first else Charge.Reason.ASKED,
        )
    elif isinstance(subject, SearchPage):
        return
    else:
        followers, reason = subject.followers(), Charge.Reason.READING
        owners = with_readings_left(followers, result.received_at, besides=subject.pk) or followers
    _add(Counter({(person, reason.value): part for person, part in _shares(owners)}), day)


def _add(parts: Counter[tuple[int, str]], day: date) -> None:
    """Add to people's charges of a day, by person and reason. One statement, or none without
    any."""
    if not parts:
        return
    table = connection.ops.quote_name(Charge._meta.db_table)
    # Django's own upsert cannot add to a column, and a statement for each person would pass the 15
    # of a batch. Sorted, so that two workers cannot deadlock.
    rows = [(day, person, reason, count) for (person, reason), count in sorted(parts.items())]
    with connection.cursor() as cursor:
        cursor.execute(
            # The table's name is the model's, all values are parameters.
            f"INSERT INTO {table} (day, person_id, reason, parts)"  # noqa: S608
            f" VALUES {', '.join(['(%s, %s, %s, %s)'] * len(rows))}"
            f" ON CONFLICT (day, person_id, reason) DO UPDATE SET parts = {table}.parts + "
            "excluded.parts",
            [value for row in rows for value in row],
        )


def purge(now: datetime) -> int:
    """Delete the charges of days long ago; returns how many."""
    return Charge.objects.filter(day__lt=provider_day(now) - KEPT).delete()[0]


def payers_of_confirmations(products: Sequence[Product], now: datetime) -> dict[int, list[int]]:
    """Return who pays for confirming calls: by product, those who paid for the first call and have
    checks left today.

    Leave out products whose payers have none left. Two queries; a third if several people share the
    calls."""
    askers = {product.pk: product.asked_by_id for product in products if product.asked_at}
    paid = _payers({product.pk: askers.get(product.pk) for product in products})
    if not shares_calls():
        return {product.pk: paid.get(product.pk, []) for product in products}
    people = {person for of_product in paid.values() for person in of_product}
    allowances = check_allowances(people, daily_calls(now), 0, now)
    left = {
        person: PARTS * (allowance.a_day - allowance.used)
        for person, allowance in allowances.items()
    }
    payers: dict[int, list[int]] = {}
    for product in products:
        paying = [person for person in paid.get(product.pk, []) if left.get(person, 0) >= PARTS]
        if paying:
            payers[product.pk] = paying
            for person, part in _shares(paying):
                left[person] -= part
    return payers


def _reason(result: Result) -> tuple[Charge.Reason, int | None]:
    """Return why the call was made, and the user who asked for it, if one did."""
    product = result.product
    is_due = product.next_check_at is not None and product.next_check_at <= result.received_at
    if product.asked_by_id is not None and product.checked_at is not None and product.asked_at:
        return Charge.Reason.ASKED, product.asked_by_id
    if product.asked_by_id is not None and (product.asked_at or is_due):
        # Or a repeat of a first check that found nothing: only these keep the user once they were
        # checked.
        return Charge.Reason.FIRST, product.asked_by_id
    if product.interval is None:
        return (
            Charge.Reason.READING,
            None,
        )  # Nobody watches it: a shop's reading needs its own word.
    # Also a first check before its time: it uses a call that the schedule had left.
    return Charge.Reason.SCHEDULE, None


def _payers(askers: Mapping[int, int | None]) -> dict[int, list[int]]:
    """Return who pays for each product's call: the user who asked for it, or the owners of the
    lists that watch it, else of those that follow its shop."""
    payers = {product: [asker] for product, asker in askers.items() if asker is not None}
    others = [product for product, asker in askers.items() if asker is None]
    watches = Watch.objects.active().filter(product__in=others).order_by("watchlist__owner")
    for product, owner in watches.values_list("product", "watchlist__owner").distinct():
        payers.setdefault(product, []).append(owner)
    # What a followed shop's reading asks about products that nobody watches.
    of_shops = [product for product in others if product not in payers]
    follows = (
        Follow.objects.active()
        .filter(shop__assortment_entries__product__in=of_shops)
        .order_by("watchlist__owner")
    )
    listed = (
        follows.values_list("shop__assortment_entries__product", "watchlist__owner").distinct()
        if of_shops
        else []
    )
    for product, owner in listed:
        payers.setdefault(product, []).append(owner)
    return payers


def _shares(people: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Equal parts of one call. They differ by one at most, and their sum is the call."""
    for number, person in enumerate(people):
        yield person, (PARTS + number) // len(people)
