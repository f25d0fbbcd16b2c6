"""Charges: for whom calls were made. All who watch a product pay equal parts of its calls; who asks for one pays it.

What an operator asks for is charged like the schedule's calls; calls for products that nobody watches, to nobody.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from django.db import connection

from monitor.budget.answers import Result
from monitor.budget.retry import retried
from monitor.models import Charge, Product, Watch
from monitor.models.usage import PARTS
from monitor.provider.codes import Outcome


@retried
def charge(results: Iterable[Result], day: date, *, confirming: bool = False) -> None:
    """Charge the calls of a batch. Two statements; one if nobody watches its products."""
    called = [result.product for result in results if not isinstance(result.answer, Outcome)]
    if not called:
        return
    payers, parts = _payers(called), Counter[tuple[int, str]]()
    for product in called:
        reason = Charge.Reason.CONFIRMING if confirming else _reason(product)
        for person, part in _shares(payers.get(product.pk, [])):
            parts[person, reason.value] += part
    if not parts:
        return
    table = connection.ops.quote_name(Charge._meta.db_table)
    # Django's own upsert cannot add to a column, and a statement for each person would pass the 15 of a batch.
    # Sorted, so that two workers cannot deadlock.
    rows = [(day, person, reason, count) for (person, reason), count in sorted(parts.items())]
    with connection.cursor() as cursor:
        cursor.execute(
            # The table's name is the model's, all values are parameters.
            f"INSERT INTO {table} (day, person_id, reason, parts)"  # noqa: S608
            f" VALUES {', '.join(['(%s, %s, %s, %s)'] * len(rows))}"
            f" ON CONFLICT (day, person_id, reason) DO UPDATE SET parts = {table}.parts + excluded.parts",
            [value for row in rows for value in row],
        )


def _reason(product: Product) -> Charge.Reason:
    if product.checked_at is None:
        return Charge.Reason.FIRST
    return Charge.Reason.SCHEDULE if _asker(product) is None else Charge.Reason.ASKED


def _asker(product: Product) -> int | None:
    return None if product.asked_at is None else product.asked_by_id


def _payers(products: Sequence[Product]) -> dict[int, list[int]]:
    """By product, who pays for its call: the user who asked for it, or the owners of the lists that watch it."""
    payers = {product.pk: [asker] for product in products if (asker := _asker(product)) is not None}
    others = [product.pk for product in products if product.pk not in payers]
    watches = Watch.objects.active().filter(product__in=others).order_by("watchlist__owner")
    for product, owner in watches.values_list("product", "watchlist__owner").distinct():
        payers.setdefault(product, []).append(owner)
    return payers


def _shares(people: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Equal parts of one call. They differ by one at most, and their sum is the call."""
    for number, person in enumerate(people):
        yield person, (PARTS + number) // len(people)
