"""Writes a batch in one transaction."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter

from django.db import DataError, IntegrityError, transaction
from orjson import JSONEncodeError

from monitor.judging.doubts import Resolution
from monitor.judging.schedule.limits import Limits
from monitor.judging.schedule.planner import Planner
from monitor.models import Change, Outage, Product, Snapshot
from monitor.models.changes import READ_ON_FIELDS
from monitor.polling.answers import Result
from monitor.polling.budget import fitted
from monitor.polling.recording import contents
from monitor.polling.recording.alerts import raise_alerts
from monitor.polling.recording.bulk import update_rows
from monitor.polling.recording.evidence import is_compared
from monitor.polling.recording.shops import record_shops
from monitor.polling.recording.updates import ProductUpdate, Recorded, update_of
from monitor.polling.retry import retried
from monitor.provider.codes import Action
from monitor.provider.errors import BadReply

logger = logging.getLogger(__name__)

#: What the drivers raise for a value that the database cannot hold.
REFUSED = (DataError, IntegrityError, OverflowError, UnicodeEncodeError, JSONEncodeError)
#: Columns of Product that only users' actions change. A check may change all the others. It also
#: ends a request for a check that it has served.
_OF_USERS = {
    "id",
    "platform",
    "num_iid",
    "priority",
    "interval",
    "soonest",
    "weight",
    "asked_since",
    "created_at",
}
WRITTEN_FIELDS = [
    field.attname for field in Product._meta.concrete_fields if field.attname not in _OF_USERS
]
_written = attrgetter(*WRITTEN_FIELDS)
#: Fields that users may have changed while the product was checked.
_ASKED = (
    "pk",
    "priority",
    "next_check_at",
    "interval",
    "soonest",
    "weight",
    "asked_at",
    "asked_by_id",
)


@retried
def record(results: Sequence[Result], *, now: datetime, deliver: bool = True) -> list[Recorded]:
    """Write the results of a batch, in one transaction with a fixed number of statements.

    All products belong to one claim. Products that the claim no longer holds are skipped: another
    worker has them. If the database refuses a row, it is recorded as a bad reply, and the others
    are written. With `deliver` false, for replays of history, the alerts count as delivered.
    Returns what was recorded, in the order of `results`."""
    if not results:
        return []
    planner = fitted.planner()
    # When the clock was set back, a reply may seem to come from the future.
    results = [
        result if result.received_at <= now else replace(result, received_at=now)
        for result in results
    ]
    try:
        return _write(results, now, deliver, planner)
    except REFUSED as error:
        # No traceback: it would show the rows, and the driver's message quotes their values.
        logger.error(
            "A batch of %d was refused by the database: %s", len(results), type(error).__name__
        )
    recorded = [_record_one(result, now, deliver, planner) for result in results]
    claimed = Product.objects.filter(
        pk__in=[result.product.pk for result in results], claim=results[0].product.claim
    )
    claimed.update(claim=None, claimed_until=None)
    return recorded


def _record_one(result: Result, now: datetime, deliver: bool, planner: Planner) -> Recorded:
    try:
        return _write([result], now, deliver, planner)[0]
    except REFUSED as error:
        reason = type(error).__name__
        logger.error("Product %s: the reply cannot be stored: %s", result.product.num_iid, reason)
    unstorable = BadReply("The reply holds values that cannot be stored.", action=Action.RETRY)
    failed = Result(result.product, unstorable, result.received_at)
    return _write([failed], now, deliver, planner)[0]


@transaction.atomic
def _write(
    results: Sequence[Result], now: datetime, deliver: bool, planner: Planner
) -> list[Recorded]:
    new = contents.new_contents(results)
    updates = [update_of(result, new.get(result.product.pk)) for result in results]
    held = _lock_and_schedule(updates, planner)
    shops = record_shops(held)
    _update_products(held)
    contents.write(held)
    Snapshot.objects.bulk_create([update.snapshot for update in held if update.snapshot])
    changes = [*(change for update in held for change in _changes(update, now)), *shops.changes]
    Change.objects.bulk_create(changes)
    Outage.objects.bulk_create([update.outage for update in held if update.outage])
    raise_alerts(held, changes, shops.scores, now=now, deliver=deliver)
    return [*updates]


def _lock_and_schedule(updates: list[ProductUpdate], planner: Planner) -> list[ProductUpdate]:
    """Lock the products that the claim still holds, and schedule their next checks by what users
    ask for now.

    They are locked in the order of their keys, as everywhere: no deadlock.
    """
    keys, claim = [update.product.pk for update in updates], updates[0].claimed.claim
    claimed = (
        Product.objects.filter(pk__in=keys, claim=claim)
        .order_by("pk")
        .select_for_update(no_key=True)
    )
    asked = claimed.annotate(is_compared=is_compared()).values_list(
        *_ASKED, "is_compared", named=True
    )
    rows = {row.pk: row for row in asked}
    held = [update for update in updates if update.product.pk in rows]
    if len(held) < len(updates):
        logger.warning(
            "%d of %d checks came after others had claimed their products.",
            len(updates) - len(held),
            len(updates),
        )
    for update in held:
        row = rows[update.product.pk]
        is_asked = row.next_check_at is not None and row.interval is not None
        update.product.priority = row.priority
        update.schedule(
            Limits(row.interval, row.soonest, row.weight) if is_asked else None,
            planner,
        )
        update.is_compared = row.is_compared
        if row.asked_at != update.claimed.asked_at:
            # Asked for after the call had begun: due again.
            update.product.asked_at, update.product.asked_by_id = row.asked_at, row.asked_by_id
            update.product.next_check_at = row.next_check_at
    return held


def _update_products(updates: list[ProductUpdate]) -> None:
    """Write the products and end their claim. Leaves out the columns, usually most, that no product
    changes."""
    if updates:
        products = [update.product for update in updates]
        before = zip(*(_written(update.claimed) for update in updates), strict=True)
        after = zip(*map(_written, products), strict=True)
        columns = zip(WRITTEN_FIELDS, before, after, strict=True)
        update_rows(products, [name for name, old, new in columns if old != new])


def _changes(update: ProductUpdate, now: datetime) -> list[Change]:
    if update.snapshot is None or update.before_data_time is None:
        return []
    return [
        Change(
            product_id=update.product.pk,
            field=change.field,
            before=change.before,
            after=change.after,
            last_seen_before=update.last_told(change.field, update.before_data_time),
            first_seen_after=update.snapshot.data_time,
            request_id=update.request_id,
            doubted_at=_doubted_at(update, change.field),
            recorded_at=now if change.field in READ_ON_FIELDS else None,
        )
        for change in update.changes
    ]


def _doubted_at(update: ProductUpdate, field: str) -> datetime | None:
    """Return when the changed value was first read, if this answer ended the doubt about it."""
    if update.resolved is None:
        return None
    doubt, resolution = update.resolved
    return doubt.seen_at if doubt.field == field and resolution is not Resolution.DROPPED else None
