"""The one transaction that writes a batch."""

import logging
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from operator import attrgetter, ne
from typing import NamedTuple

from django.db import DataError, IntegrityError, connection, transaction
from orjson import JSONEncodeError

from monitor.changes import PRODUCT_VALUE_FIELDS
from monitor.doubts import Ending
from monitor.models import Change, DoubtedReading, Lease, Outage, Product, Shop, Snapshot
from monitor.models.catalog import DOUYIN, limits_of
from monitor.provider.codes import Action
from monitor.provider.errors import BadReply
from monitor.recording import contents, fitting
from monitor.recording.alerts import raise_alerts
from monitor.recording.bulk import Statement, delete_statement, update_rows
from monitor.recording.circumstances import is_compared_with
from monitor.recording.plan import Plan, Recorded, Result, plan
from monitor.recording.product_index import index_recorded, products_of
from monitor.recording.retry import retried
from monitor.recording.shops import record_shops
from monitor.schedule import Limits, Planner

logger = logging.getLogger(__name__)

#: What a driver says of a value that its database cannot hold.
REFUSED = (DataError, IntegrityError, OverflowError, UnicodeEncodeError, JSONEncodeError)
#: Everything that a check may move.
WRITTEN_FIELDS = (
    *PRODUCT_VALUE_FIELDS,
    "image",
    "content_digest",
    "shop_id",
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
    "shop_told_at",
    "asked_at",
    "checked_at",
    "answered_at",
    "last_outcome",
    "last_code",
    "failing_since",
    "failures",
    "doubt",
    "doubted_at",
    "dropped",
    "known",
    "rate",
    "cannot_wait",
    "next_check_at",
)
#: Whenever anything that the index tells has changed, one of these has.
_indexed = attrgetter("changed_at", "failing_since", "shop_id")
_OF_SHOP = [field.attname for field in Shop._meta.concrete_fields]


def record(results: Sequence[Result], *, lease: uuid.UUID, now: datetime, deliver: bool = True) -> list[Recorded]:
    """Write what a batch of checks told, in one transaction with a fixed number of statements.

    Products whose lease is no longer `lease` are left alone: another worker has them. A row that the database
    refuses is set aside as a bad reply, and the rest of the batch is written. With `deliver` false the alerts
    are written as already told, for replays of history. Returns what was recorded, in the order of `results`.
    """
    if not results:
        return []
    planner = fitting.planner()
    # A reply that came before the clock was set back came by now at the latest.
    results = [one if one.received_at <= now else replace(one, received_at=now) for one in results]
    try:
        anew = contents.told_anew(results)
        return _write([plan(result, anew.get(result.product.pk)) for result in results], lease, now, deliver, planner)
    except REFUSED as error:
        # No traceback: it would show the rows, and the driver's text quotes their values.
        logger.error("A batch of %d was refused by the database: %s", len(results), type(error).__name__)  # noqa: TRY400
    recorded = [_record_one(result, lease, now, deliver, planner) for result in results]
    Lease.objects.filter(claim=lease, product__in=[result.product.pk for result in results]).delete()
    return recorded


def _record_one(result: Result, lease: uuid.UUID, now: datetime, deliver: bool, planner: Planner) -> Recorded:
    try:
        anew = contents.told_anew([result])
        return _write([plan(result, anew.get(result.product.pk))], lease, now, deliver, planner)[0]
    except REFUSED as error:
        reason = type(error).__name__
        logger.error("Product %s: the reply cannot be stored: %s", result.product.num_iid, reason)  # noqa: TRY400
    unstorable = BadReply("The reply holds values that cannot be stored.", action=Action.RETRY)
    return _write([plan(Result(result.product, unstorable, result.received_at))], lease, now, deliver, planner)[0]


@retried
@transaction.atomic
def _write(plans: list[Plan], lease: uuid.UUID, now: datetime, deliver: bool, planner: Planner) -> list[Recorded]:
    ours, known_shops = _fence(plans, lease, planner)
    shops = record_shops(ours, known_shops)
    _update_products(ours, _let_go(lease, plans))
    _index(ours, shops.renamed)
    contents.write(ours)
    Snapshot.objects.bulk_create([plan.snapshot for plan in ours if plan.snapshot])
    changes = [*(change for plan in ours for change in _changes(plan)), *shops.changes]
    Change.objects.bulk_create(changes)
    Outage.objects.bulk_create([plan.outage for plan in ours if plan.outage])
    doubted = [plan.doubted_reading for plan in ours if plan.doubted_reading]
    DoubtedReading.objects.bulk_create(doubted, ignore_conflicts=True)
    raise_alerts(ours, changes, shops.rescored, now=now, deliver=deliver)
    return [plan.recorded() for plan in plans]


def _fence(plans: list[Plan], lease: uuid.UUID, planner: Planner) -> tuple[list[Plan], Mapping[str, Shop]]:
    """Lock the products that are still ours and schedule them by what is asked for by now, if anything is. Shops that
    could be read along are given with them, by their IDs."""
    held, shops = _locked([plan.product.pk for plan in plans], lease)
    ours = [plan for plan in plans if plan.product.pk in held]
    if len(ours) < len(plans):
        logger.warning("%d of %d checks came after their lease had run out.", len(plans) - len(ours), len(plans))
    for one in ours:
        now = held[one.product.pk]
        one.product.priority = now.priority
        one.schedule(now.limits, planner)
        one.is_compared_with = now.is_compared_with
    return ours, shops


class _Held(NamedTuple):
    """What others may have changed of a product while it was checked, as it is by now."""

    pk: int
    priority: int
    next_check_at: datetime | None
    is_compared_with: bool
    interval: timedelta | None
    soonest: timedelta | None
    weight: float
    hours: int | None

    @property
    def limits(self) -> Limits | None:
        if self.next_check_at is None or self.interval is None:
            return None
        return limits_of(self.interval, self.soonest, self.weight, self.hours)


def _locked(keys: list[int], lease: uuid.UUID) -> tuple[dict[int, _Held], dict[str, Shop]]:
    """Those of the products that the lease still holds. They are locked in the order of their keys, as everywhere, so
    that nobody waits in a circle.

    Where a writer is alone, no rows are locked, and their shops are read by the same statement.
    """
    mine = Product.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
    leased = Lease.objects.filter(claim=lease).values("product")
    ours = mine.filter(pk__in=leased).annotate(is_compared_with=is_compared_with())
    of_shop = () if connection.features.has_select_for_update else ("shop_id", *(f"shop__{name}" for name in _OF_SHOP))
    rows = list(ours.values_list(*_Held._fields, *of_shop))
    size = len(_Held._fields)
    # Many products are of one shop.
    shops = {row[size]: row[size + 1 :] for row in rows if row[size:] and row[size] is not None}
    known = (Shop.from_db(connection.alias, _OF_SHOP, values) for values in shops.values())
    return {row[0]: _Held(*row[:size]) for row in rows}, {
        shop.shop_id: shop for shop in known if shop.platform == DOUYIN
    }


def _let_go(lease: uuid.UUID, plans: list[Plan]) -> Statement:
    """What ends the leases of the products that are recorded."""
    keys = [plan.product.pk for plan in plans]
    return delete_statement(Lease.objects.filter(claim=lease, product__in=keys))


def _update_products(plans: list[Plan], let_go: Statement) -> None:
    """Move the products on and let go of the lease.

    Columns that none of the batch's products changes are left out: those are most, most of the time.
    """
    changed = [name for name in WRITTEN_FIELDS if _moves(plans, name)]
    update_rows([one.product for one in plans], changed, also=let_go)


def _index(plans: list[Plan], renamed: Collection[int]) -> None:
    """Write the index rows of products that are told otherwise now, and of all products of a renamed shop."""
    products = {one.product.pk: one.product for one in plans if _indexed(one.product) != _indexed(one.claimed)}
    if renamed:
        keys = Product.objects.filter(shop__in=renamed).values_list("pk", flat=True)
        products = {product.pk: product for product in products_of(keys)} | products
    index_recorded([products[key] for key in sorted(products)])


def _moves(plans: list[Plan], name: str) -> bool:
    """Whether any of the products has another value for it now."""
    value = attrgetter(name)
    return any(map(ne, (value(one.product) for one in plans), (value(one.claimed) for one in plans)))


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
            doubted_at=_doubted_at(plan, change.field),
        )
        for change in plan.changes
    ]


def _doubted_at(plan: Plan, field: str) -> datetime | None:
    """When the change was first read, if its reading is one that ended the doubt about it."""
    if plan.ended is None:
        return None
    doubt, ending = plan.ended
    return doubt.seen_at if doubt.field == field and ending is not Ending.DROPPED else None
