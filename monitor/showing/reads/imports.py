"""What became of the rows of an import, and of the first checks of its products."""

from collections import Counter
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q

from monitor.models import Import
from monitor.models.imports import ADDABLE, RowKind
from monitor.provider.observation import Status

#: Added products that the provider does not know, and those that fail since their first check.
MISSING = Q(was_added=True, product__status=Status.NOT_FOUND.value)
FAILING = Q(was_added=True, product__failing_since__isnull=False, product__answered_at=None)
_NOT_ADDED = {
    RowKind.HERE: "already",
    RowKind.REPEATED: "repeated",
    RowKind.BAD: "bad",
    RowKind.DOUBTFUL: "doubtful",
}


def account_of(of: Import) -> Counter[str]:
    """Return the number of `rows`, and how many of them were `added`, are `waiting`, or why they
    were not added. One query.

    `to_add`: they are added now or will be. `left`: they were not ticked, or removed again.
    """
    account = Counter[str](paired=len(of.paired or ()))
    rows = (
        of.rows.with_kind(of)
        .order_by()
        .values_list("kind", "was_added", "is_chosen")
        .annotate(n=Count("pk"))
    )
    for kind, was_added, is_chosen, n in rows:
        is_waiting = kind in ADDABLE and is_chosen and not of.finished_at
        if was_added or is_waiting:
            account["to_add"] += n
        account[
            "added"
            if was_added
            else "waiting"
            if is_waiting
            else _NOT_ADDED.get(RowKind(kind), "left")
        ] += n
        account["rows"] += n
    return account


def first_checks(of: Import, now: datetime) -> dict[str, Any]:
    """Return the import's rows by the state of their checks. One query.

    `unpaired`: rivals that are not paired. `failing` and `missing`: added products that fail since
    their first check, and those that the provider does not know. `unchecked` have no result yet, as
    their first check was not made or is repeated. `later`: the schedule makes it later, the last
    one `last_at`."""
    is_repeated = Q(product__doubted_at__isnull=False, product__data_time__isnull=True)
    unchecked = Q(was_added=True) & (Q(product__checked_at__isnull=True) | is_repeated)
    later = unchecked & Q(product__next_check_at__gt=now)
    return of.rows.aggregate(
        added=Count("pk", filter=Q(was_added=True)),
        bad=Count("pk", filter=Q(num_iid="")),
        unpaired=Count("pk", filter=Q(rival_problem__gt="")),
        failing=Count("pk", filter=FAILING),
        missing=Count("pk", filter=MISSING),
        unchecked=Count("pk", filter=unchecked),
        later=Count("pk", filter=later),
        last_at=Max("product__next_check_at", filter=later),
        checked_since=Count(
            "pk", filter=Q(was_added=True, product__checked_at__gte=of.saved_at or now)
        ),
    )
