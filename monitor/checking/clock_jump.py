"""Corrects stored times after the system clock was set back.

Due times, claims, heartbeats and the times of the last actions then lie in the future: without this, work would stop
until the clock catches up. The same happens when a clock was ahead for a while. History and the provider's data times
are not changed.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Model, Q

from monitor.budget import ledger
from monitor.budget.retry import retried
from monitor.checking.batch import LARGEST_BATCH, longest_run
from monitor.models import (
    Alert,
    Budget,
    Channel,
    Heartbeat,
    Message,
    Product,
    ProductIndex,
    Rule,
    ScheduleFit,
    Session,
    SystemClock,
    Throttle,
    User,
)
from monitor.models.system_clock import CLOCK_TOLERANCE
from monitor.recording import past_prices
from monitor.text.clock import microseconds

logger = logging.getLogger(__name__)

#: A digest waits for its hour, day or week, and up to a day longer for quiet hours to end.
LONGEST_DIGEST_WAITS = {
    Message.Period.HOUR: timedelta(days=1, hours=1),
    Message.Period.DAY: timedelta(days=2),
    Message.Period.WEEK: timedelta(days=8),
}
#: How long a sender may keep an e-mail, with some margin.
LONGEST_MAIL_LEASE = timedelta(minutes=15)


def read_clock(now: datetime) -> timedelta:
    """Store that the clock shows `now`. If it was set back since the last reading, correct the times that lie in the
    future. Returns by how much it was set back, or zero."""
    clock = SystemClock.objects.filter(pk=SystemClock.SINGLETON).first()
    if clock is not None and clock.ahead_of(now):
        return _correct_times(now)
    if not SystemClock.objects.filter(pk=SystemClock.SINGLETON).update(read_at=now):
        SystemClock.objects.get_or_create(pk=SystemClock.SINGLETON, defaults={"read_at": now})
    return timedelta(0)


@retried
@transaction.atomic
def _correct_times(now: datetime) -> timedelta:
    clock = SystemClock.objects.select_for_update().get(pk=SystemClock.SINGLETON)
    by = clock.ahead_of(now)
    if by:
        _correct_checks(now, by)
        _correct_schedule(now, by)
        _correct_mails(now, by)
        _correct_users(now, by)
        ahead = Heartbeat.objects.filter(seen_at__gt=now + CLOCK_TOLERANCE)
        ahead.update(seen_at=F("seen_at") - by, expected_at=F("expected_at") - by)
        clock.read_at, clock.set_back_at, clock.set_back_by = now, now, by
        clock.save(update_fields=["read_at", "set_back_at", "set_back_by"])
        logger.warning("The clock was set back by %s. Times in the future were corrected.", by)
    return by


def _correct_checks(now: datetime, by: timedelta) -> None:
    ahead = Q(checked_at__gt=now) | Q(asked_at__gt=now) | Q(asked_since__gt=now)
    Product.objects.filter(ahead, next_check_at__gt=now).update(next_check_at=F("next_check_at") - by)
    _move_back(ProductIndex, "failing_since", now, by)
    for column in ("checked_at", "answered_at", "failing_since", "doubted_at", "asked_at", "asked_since"):
        _move_back(Product, column, now, by)
    claimed = Product.objects.claimed(now + longest_run(LARGEST_BATCH))
    claimed.update(claimed_until=F("claimed_until") - by)


def _correct_schedule(now: datetime, by: timedelta) -> None:
    _move_back(Budget, "begins_at", now, by, Q(set_at__gt=now))
    _move_back(Budget, "set_at", now, by)
    ledger.plan_rest_of_day(now)
    ledger.shorten_rests(now)
    for column in ("fitted_at", "day_fitted_at"):
        _move_back(ScheduleFit, column, now, by)
    past_prices.look_back_again(now, by)
    _move_back(Rule, "silence_told_at", now, by)


def _correct_mails(now: datetime, by: timedelta) -> None:
    pending = Message.objects.filter(status=Message.Status.PENDING)
    is_slot = Q(kind=Message.Kind.DIGEST, attempts=0)
    # A slot is a time of the calendar, which stays. A retry may come too early, but not too late.
    unleased = pending.filter(lease__isnull=True, next_attempt_at__gt=now).exclude(is_slot)
    unleased.filter(Q(created_at__gt=now) | Q(attempts__gt=0)).update(next_attempt_at=F("next_attempt_at") - by)
    leased = pending.filter(lease__isnull=False, next_attempt_at__gt=now + LONGEST_MAIL_LEASE)
    leased.update(next_attempt_at=F("next_attempt_at") - by)
    for period, longest in LONGEST_DIGEST_WAITS.items():
        pending.filter(is_slot, period=period, next_attempt_at__gt=now + longest).update(next_attempt_at=now)
    for column in ("next_send_at", "failing_since", "refused_at"):
        _move_back(Channel, column, now, by)
    _move_back(Message, "created_at", now, by)
    _move_back(Alert, "held_until", now, by, Q(is_delivered=False))
    _move_back(Alert, "created_at", now, by)


def _correct_users(now: datetime, by: timedelta) -> None:
    # Digests are planned again; none is written twice.
    User.objects.filter(next_digest_at__gt=now).update(next_digest_at=now)
    for column in ("alerts_read_before", "seen_at", "last_visit_at"):
        _move_back(User, column, now, by)
    _move_back(Session, "seen_at", now, by)
    at, step = microseconds(now), by // timedelta(microseconds=1)
    Throttle.objects.filter(empty_at__gt=at).update(empty_at=F("empty_at") - step)


def _move_back(model: type[Model], column: str, now: datetime, by: timedelta, which: Q = Q()) -> None:  # noqa: B008
    """Move times that are later than `now` back by `by`."""
    model._default_manager.filter(which, **{f"{column}__gt": now}).update(**{column: F(column) - by})
