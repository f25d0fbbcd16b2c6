"""Checks that users ask for, within their daily allowance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.db.models import Count, DateTimeField, F, Q, QuerySet
from django.db.models.functions import Least

from monitor.models import Product, User
from monitor.people.allowances import CheckAllowance, lock
from monitor.polling.budget.first_checks import allowance_of, make_room


@dataclass(frozen=True, slots=True)
class GrantedChecks:
    """The keys of the products whose checks were granted, and how many others exceeded the user's
    `allowance`."""

    products: Sequence[int] = ()
    over_allowance: int = 0
    #: The allowance after these checks; None without a limit.
    allowance: CheckAllowance | None = None

    def __add__(self, later: GrantedChecks) -> GrantedChecks:
        over_allowance = self.over_allowance + later.over_allowance
        return GrantedChecks([*self.products, *later.products], over_allowance, later.allowance)


@transaction.atomic
def ask(products: QuerySet[Product], by: User, now: datetime) -> GrantedChecks:
    """Check watched products in the user's turn, for as many as their allowance permits. The user
    pays one call each.

    A product that is due by the schedule comes into the user's turn, too. What another user waits
    for does only if that one has more checks to wait for, and if the allowance has some left; the
    other one then pays nothing."""
    waiting = Q(asked_at__isnull=False, next_check_at__lte=now)
    counts = Counter(
        dict(Product.objects.filter(waiting).values_list("asked_by").annotate(n=Count("pk")))
    )
    sooner = [by.pk, *(asker for asker, n in counts.items() if asker and n <= counts[by.pk])]
    asked = _put_into_turn(products.filter(next_check_at__isnull=False).exclude(waiting), by, now)
    others = _put_into_turn(products.filter(waiting).exclude(asked_by__in=sooner), by, now)
    return asked + replace(others, over_allowance=0)


def _put_into_turn(products: QuerySet[Product], by: User, now: datetime) -> GrantedChecks:
    asked = granted(products, by, now)
    due_at = Least(F("next_check_at"), now, output_field=DateTimeField())
    Product.objects.filter(pk__in=asked.products).update(
        next_check_at=due_at, asked_at=now, asked_by=by
    )
    return asked


def granted(products: QuerySet[Product], by: User, now: datetime) -> GrantedChecks:
    """Grant a user checks of these products, as many as their allowance permits; their own first
    checks make room.

    The allowance is locked before the products are read: of two clicks at once, the later one sees
    what the earlier one has asked for. Call it in the transaction that makes the products due."""
    payer = by.payer_id(now)
    lock(payer)
    allowance = allowance_of(by, now)
    keys = list(products.order_by("pk").values_list("pk", flat=True))
    permitted = keys if allowance is None else keys[: allowance.left]
    after = allowance and allowance.after(len(permitted))
    if after is not None and permitted:
        make_room(payer, after, now, besides=permitted)
    return GrantedChecks(permitted, len(keys) - len(permitted), after)
