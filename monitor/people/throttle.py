"""Limits how often something may be done: leaky buckets in the database, shared by all web
processes.

Taking is one conditional update before the act, so simultaneous attempts cannot exceed the limit. A
refused attempt does not count: no user can make another wait longer, and no operator needs to
unlock anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext

from monitor.models import Throttle
from monitor.models.clock import CLOCK_TOLERANCE
from monitor.models.usage import provider_day, quota_reset
from monitor.text.clock import microseconds
from monitor.text.formatting import duration

_MICROSECOND = timedelta(microseconds=1)


class TooOftenError(Exception):
    """A limit was reached: nothing was done, and `wait` is the time until it may be. `advice` says
    what else to do."""

    def __init__(self, wait: timedelta, advice: str = "") -> None:
        super().__init__(str(wait))
        self.wait, self.advice = wait, advice

    @property
    def headers(self) -> dict[str, str]:
        """What an answer with the status 429 says."""
        return {"Retry-After": retry_after(self.wait)}


def retry_after(wait: timedelta) -> str:
    """Return the header `Retry-After`: whole seconds, rounded up."""
    return str(-(-wait // timedelta(seconds=1)))


def wait_in_words(wait: timedelta) -> str:
    """Say how long to wait, rounded up to minutes."""
    minutes = timedelta(minutes=-(-wait // timedelta(minutes=1)))
    return gettext("Too many attempts. Please try again in %(wait)s.") % {"wait": duration(minutes)}


@dataclass(frozen=True, slots=True)
class Limit:
    """`burst` acts at once, then one each `every`."""

    name: str
    burst: int
    every: timedelta


#: How many files one user may have made at the same time, and how many trials of rules: a page has
#: a form a rule.
SLOW_ANSWERS = Limit("slow-answers", burst=2, every=timedelta(minutes=2))
TRIALS = Limit("trials", burst=20, every=timedelta(minutes=2))


def take(limit: Limit, subject: str, now: datetime) -> timedelta:
    """Take one act. Return zero when it may be done, else how long to wait."""
    key, at, step = _key(limit, subject), microseconds(now), limit.every // _MICROSECOND
    room, bucket = (limit.burst - 1) * step, Throttle.objects.filter(pk=key)
    Throttle.objects.bulk_create([Throttle(key=key, empty_at=at)], ignore_conflicts=True)
    if bucket.filter(empty_at__lte=at + room).update(
        empty_at=Greatest("empty_at", Value(at)) + step
    ):
        return timedelta()
    empty_at = bucket.values_list("empty_at", flat=True).first()
    # Fuller than full: the clock was set back.
    if (
        empty_at is not None
        and empty_at > at + limit.burst * step + CLOCK_TOLERANCE // _MICROSECOND
    ):
        bucket.filter(empty_at=empty_at).delete()
        empty_at = None
    if empty_at is None:  # It was empty, and has just been deleted.
        return take(limit, subject, now)
    return max(timedelta(microseconds=empty_at - room - at), _MICROSECOND)


def take_all(limits: Sequence[tuple[Limit, str]], now: datetime) -> timedelta:
    """Do the same for several limits, each with its subject: one act of each, or of none."""
    for number, wanted in enumerate(limits):
        if wait := take(*wanted, now):
            for taken in limits[:number]:
                give_back(*taken)
            return wait
    return timedelta()


def take_of_day(name: str, most: int, subject: str, now: datetime) -> timedelta:
    """Do the same for `most` acts in each of the provider's days, which has its own count. The wait
    is its rest."""
    is_full = take(Limit(name, most, timedelta(days=1)), f"{provider_day(now)}\n{subject}", now)
    return quota_reset(now) - now if is_full else timedelta()


def left(limit: Limit, subject: str, now: datetime) -> tuple[int, timedelta]:
    """Return how many acts may be done at once now, and after what time all of them may again."""
    empty_at = (
        Throttle.objects.filter(pk=_key(limit, subject)).values_list("empty_at", flat=True).first()
        or 0
    )
    until_empty = max(timedelta(microseconds=empty_at - microseconds(now)), timedelta())
    return limit.burst + -until_empty // limit.every, until_empty


def give_back(limit: Limit, subject: str) -> None:
    """Undo one `take`, when the act was harmless or another limit refused it."""
    Throttle.objects.filter(pk=_key(limit, subject)).update(
        empty_at=F("empty_at") - limit.every // _MICROSECOND
    )


@dataclass(frozen=True, slots=True)
class HeldPlace:
    """One of as many places as the `burst` of a limit, held by `with`, which raises `TooOftenError`
    if none is free.

    A place is free after `every`, even if it is still held: its process may have died.
    """

    limit: Limit
    subject: str
    now: datetime
    advice: str = ""

    def __enter__(self) -> None:
        if wait := take(self.limit, self.subject, self.now):
            raise TooOftenError(wait, self.advice)

    def __exit__(self, *_error: object) -> None:
        # Later it may be another one's.
        if timezone.now() < self.now + self.limit.every:
            give_back(self.limit, self.subject)


def forget(limit: Limit, subject: str) -> None:
    """Give back everything that `limit` allows."""
    Throttle.objects.filter(pk=_key(limit, subject)).delete()


def delete_empty(now: datetime) -> int:
    """Delete rows of buckets that have emptied; return how many."""
    return Throttle.objects.filter(empty_at__lt=microseconds(now)).delete()[0]


def _key(limit: Limit, subject: str) -> str:
    return salted_hmac(f"monitor.throttle.{limit.name}", subject, algorithm="sha256").hexdigest()
