"""The one transaction that writes a batch."""

import logging
import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import DataError, IntegrityError, InterfaceError, OperationalError, connection, transaction

from monitor.changes import PRODUCT_STATE_FIELDS
from monitor.models import Change, Outage, Product, Snapshot
from monitor.provider.codes import Action
from monitor.provider.errors import BadReply
from monitor.recording.alerts import raise_alerts
from monitor.recording.bulk import update_rows
from monitor.recording.plan import Plan, Recorded, Result, plan
from monitor.recording.shops import record_shops

logger = logging.getLogger(__name__)

#: A deadlock, a restarted server: worth another try at once. What fails thrice is found again by its lease.
TRIES = 3
#: What a driver says of a value that its database cannot hold.
REFUSED = (DataError, IntegrityError, OverflowError, UnicodeEncodeError)
#: Everything that a check may move; `content` is sent only where it changed.
WRITTEN_FIELDS = (
    *PRODUCT_STATE_FIELDS,
    "shop",
    "stock",
    "supply_status",
    "sale_starts_at",
    "sale_ends_at",
    "first_data_time",
    "changed_at",
    "data_time",
    "unchanged_checks",
    "from_cache",
    "request_id",
    "flags",
    "shop_digest",
    "checked_at",
    "answered_at",
    "last_outcome",
    "last_code",
    "failing_since",
    "failures",
    "next_check_at",
    "lease",
)


def record(
    results: Sequence[Result], *, lease: uuid.UUID | None, now: datetime, deliver: bool = True
) -> list[Recorded]:
    """Write what a batch of checks told, in one transaction with a fixed number of statements.

    Products whose lease is no longer `lease` are left alone: another worker has them. A row that the database
    refuses is set aside as a bad reply, and the rest of the batch is written. With `deliver` false the alerts
    are written as already told, for replays of history. Returns what was recorded, in the order of `results`.
    """
    plans = [plan(result) for result in results]
    try:
        return _with_retries(plans, lease, now, deliver)
    except REFUSED as error:
        # No traceback: it would show the rows, and the driver's text quotes their values.
        logger.error("A batch of %d was refused by the database: %s", len(results), type(error).__name__)  # noqa: TRY400
    return [_record_one(result, lease, now, deliver) for result in results]


def _record_one(result: Result, lease: uuid.UUID | None, now: datetime, deliver: bool) -> Recorded:
    try:
        return _with_retries([plan(result)], lease, now, deliver)[0]
    except REFUSED as error:
        reason = type(error).__name__
        logger.error("Product %s: the reply cannot be stored: %s", result.product.num_iid, reason)  # noqa: TRY400
    unstorable = BadReply("The reply holds values that cannot be stored.", action=Action.RETRY)
    return _with_retries([plan(Result(result.product, unstorable, result.received_at))], lease, now, deliver)[0]


def _with_retries(plans: list[Plan], lease: uuid.UUID | None, now: datetime, deliver: bool) -> list[Recorded]:
    for attempt in range(1, TRIES + 1):
        try:
            with transaction.atomic():
                _write(plans, lease, now, deliver)
            break
        except (OperationalError, InterfaceError):
            if attempt == TRIES or connection.in_atomic_block:
                raise
            connection.close()
    return [plan.recorded() for plan in plans]


def _write(plans: list[Plan], lease: uuid.UUID | None, now: datetime, deliver: bool) -> None:
    shop_changes = record_shops(plans)
    ours = _update_products(plans, lease)
    kept = [plan for plan in plans if plan.product.pk in ours]
    if len(kept) < len(plans):
        logger.warning("%d of %d checks came after their lease had run out.", len(plans) - len(kept), len(plans))
    Snapshot.objects.bulk_create([plan.snapshot for plan in kept if plan.snapshot])
    changes = [*(change for plan in kept for change in _changes(plan)), *shop_changes]
    Change.objects.bulk_create(changes)
    Outage.objects.bulk_create([plan.outage for plan in kept if plan.outage])
    raise_alerts(kept, changes, now=now, deliver=deliver)


def _update_products(plans: list[Plan], lease: uuid.UUID | None) -> set[int]:
    """Move the products on and let go of the lease; return the keys of those that were still ours.

    This is also the fence: it locks the rows, and whatever follows is written for these products alone.
    """
    rows: list[Product] = []
    for one in plans:
        row = one.product
        row.lease = None
        if not one.content_is_new:
            row.content = None
        rows.append(row)
    return update_rows(
        rows, WRITTEN_FIELDS, keep_when_null=("content",), stay_null=("next_check_at",), where={"lease": lease}
    )


def _changes(plan: Plan) -> list[Change]:
    if plan.snapshot is None or plan.before_data_time is None:
        return []
    return [
        Change(
            product_id=plan.product.pk,
            field=change.field,
            before=change.before,
            after=change.after,
            last_seen_before=plan.before_data_time,
            first_seen_after=plan.snapshot.data_time,
            request_id=plan.request_id,
        )
        for change in plan.changes
    ]
