"""Limits how often something may be done: leaky buckets in the database, shared by all web processes.

Taking is one conditional update before the act, so simultaneous attempts cannot exceed the limit. A refused attempt
does not count: no user can make another wait longer, and no operator needs to unlock anything.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils.crypto import salted_hmac

from monitor.models import Throttle
from monitor.text.clock import microseconds

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """`burst` acts at once, then one each `every`."""

    name: str
    burst: int
    every: timedelta


def take(limit: Limit, subject: str, now: datetime) -> timedelta:
    """Takes one act. Returns zero when it may be done, else how long to wait."""
    key, at, step = _key(limit, subject), microseconds(now), limit.every // _MICROSECOND
    room, bucket = (limit.burst - 1) * step, Throttle.objects.filter(pk=key)
    Throttle.objects.bulk_create([Throttle(key=key, empty_at=at)], ignore_conflicts=True)
    if bucket.filter(empty_at__lte=at + room).update(empty_at=Greatest("empty_at", Value(at)) + step):
        return timedelta()
    empty_at = bucket.values_list("empty_at", flat=True).first()
    if empty_at is None:  # It was empty, and has just been deleted.
        return take(limit, subject, now)
    return max(timedelta(microseconds=empty_at - room - at), _MICROSECOND)


def give_back(limit: Limit, subject: str) -> None:
    """Undoes one `take`, when the act was harmless or another limit refused it."""
    Throttle.objects.filter(pk=_key(limit, subject)).update(empty_at=F("empty_at") - limit.every // _MICROSECOND)


def forget(limit: Limit, subject: str) -> None:
    """Gives back everything that `limit` allows."""
    Throttle.objects.filter(pk=_key(limit, subject)).delete()


def delete_empty(now: datetime) -> int:
    """Deletes rows of buckets that have emptied; returns how many."""
    return Throttle.objects.filter(empty_at__lt=microseconds(now)).delete()[0]


def _key(limit: Limit, subject: str) -> str:
    return salted_hmac(f"monitor.throttle.{limit.name}", subject, algorithm="sha256").hexdigest()
