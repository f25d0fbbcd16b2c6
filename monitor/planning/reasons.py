"""Why a product is checked when it is, in the active language. One query a minute, for all products."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, pgettext

from monitor.budget import fitted
from monitor.history.polling import LATE
from monitor.models import Pace, Product, Watch
from monitor.models.usage import quota_reset
from monitor.models.watchlists import Priority
from monitor.planning.frame import Shell
from monitor.provider.codes import Outcome
from monitor.schedule.limits import ALL_DAY, SHOPS_ZONE, combined
from monitor.schedule.planner import Known
from monitor.schedule.reasons import Cause, CheckStanding, NextCheck, Reason, explain, hour_spans, learned_rate
from monitor.text import formatting
from monitor.text.clock import spoken
from monitor.watchlists.rescheduling import limits_asked

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
#: Approximate lengths of time up to the first number are rounded to the second.
_STEPS = (
    (10 * _MINUTE, _MINUTE),
    (_HOUR, 5 * _MINUTE),
    (4 * _HOUR, _HOUR / 2),
    (_DAY, _HOUR),
    (4 * _DAY, _DAY / 2),
    (timedelta.max, _DAY),
)
#: A product that changes less often than once in this many days hardly ever changes.
_SELDOM_DAYS = 60
#: A wait counts as stretched from this factor, and lists as slowed below this share.
_STRETCHED, _SLOWED = 1.05, 0.95


@dataclass(frozen=True, slots=True)
class PaceReasons:
    """Why a product is checked when it is, in sentences. `lacking` is the sentence about lacking calls, or ''."""

    sentences: Sequence[str]
    lacking: str = ""


def pace_reasons(product: Product, watches: Iterable[Watch], shell: Shell, now: datetime) -> PaceReasons:
    """`watches` are the user's own of the product, with their lists."""
    reason = explain(_standing(product), fitted.planner(), now)
    active = [watch for watch in watches if not (watch.is_paused or watch.watchlist.is_paused)]
    if reason.state is NextCheck.UNWATCHED:
        return PaceReasons([gettext("Not checked: all its watchlists are paused.")])
    is_stretched = reason.stretch >= _STRETCHED and reason.cause in (Cause.LATEST, Cause.FIXED)
    parts = [
        "" if product.was_never_found else rate_in_words(reason.rate),
        _busy(reason, now),
        "" if is_stretched else _pace(reason, product, active),
        _priority(reason, product, active),
        _share(product, active),
        _hours(reason, now),
        _next(reason, shell, now),
    ]
    return PaceReasons([part for part in parts if part], _lacking(reason) if is_stretched else "")


def _standing(product: Product) -> CheckStanding:
    return CheckStanding(
        limits=product.limits,
        next_at=product.next_check_at,
        checked_at=product.checked_at,
        told_at=product.data_time if product.failing_since is None else None,
        known=Known.load(product.known),
        is_claimed=product.is_claimed,  # type: ignore[attr-defined]
        is_asked=product.asked_at is not None,
        is_failing=product.failing_since is not None,
        is_doubted=product.doubted_at is not None,
        is_gone=product.last_outcome == Outcome.NOT_FOUND,
    )


def rate_of(product: Product) -> float | None:
    """Returns the changes a day by the product's own checks; None while they tell too little."""
    return learned_rate(Known.load(product.known), fitted.planner().fleet.prior)


def rate_in_words(rate: float | None) -> str:
    """Describes a number of changes a day."""
    if rate is None:
        return gettext("How often it changes is still being learned.")
    if rate >= 36:
        return gettext("Apart from its sales it changes several times an hour.")
    if rate >= 18:
        return gettext("Apart from its sales it changes about once an hour.")
    if rate >= 2.5:
        times = round(rate) if rate < 10 else 5 * round(rate / 5)
        return gettext("Apart from its sales it changes about %(n)d times a day.") % {"n": times}
    if rate >= 1.5:
        return gettext("Apart from its sales it changes about twice a day.")
    if rate * 1.5 >= 1:
        return gettext("Apart from its sales it changes about once a day.")
    days = 1 / rate
    if days > _SELDOM_DAYS:
        return gettext("Apart from its sales it hardly ever changes.")
    whole = round(days) if days < 10 else 5 * round(days / 5)
    return gettext("Apart from its sales it changes about once in %(n)d days.") % {"n": whole}


def approximate_duration(length: timedelta) -> str:
    """Describes an approximate length of time."""
    step = next(step for longest, step in _STEPS if length < longest)
    return formatting.duration(max(round(length / step), 1) * step)


def _busy(reason: Reason, now: datetime) -> str:
    if not reason.busy:
        return ""
    return gettext("Shops change prices mostly %(hours)s.") % {"hours": _on_the_clock(reason.busy, now)}


def _pace(reason: Reason, product: Product, watches: Sequence[Watch]) -> str:
    """Describes how often it is checked, and which of the user's lists asks for that, if any.

    What other users watch is private.
    """
    if reason.every is None:
        return ""
    every = {"every": approximate_duration(reason.every)}
    match reason.cause:
        case None:
            if product.was_never_found:
                return gettext("ID not found; checked every %(every)s.") % every
            return gettext("Gone; checked every %(every)s.") % every
        case Cause.RATE:
            return gettext("Checked about every %(every)s.") % every
        case Cause.CACHED:
            return gettext("Not sooner: the provider's data is up to %(every)s old.") % every
    watch = _watch_that_asks(reason.cause, product, watches)
    exact = {"every": formatting.duration(reason.every)}
    if watch is None:
        return gettext("Checked every %(every)s.") % exact
    exact["list"] = formatting.one_line(watch.watchlist.name)
    if watch.soonest if reason.cause is Cause.SOONEST else watch.interval or watch.pace:
        return _BOUND_HERE_ALONE[reason.cause] % exact
    if reason.cause is Cause.FIXED and watch.watchlist.pace == Pace.ADAPTIVE:
        return gettext("Checked every %(every)s, fixed by “%(list)s”.") % exact
    return _BOUND_BY_YOU[reason.cause] % exact


_BOUND_BY_YOU = {
    Cause.FIXED: gettext_lazy("Checked every %(every)s, as “%(list)s” asks."),
    Cause.LATEST: gettext_lazy("Checked at least every %(every)s, as “%(list)s” asks."),
    Cause.SOONEST: gettext_lazy("Checked every %(every)s, the most that “%(list)s” allows."),
}
_BOUND_HERE_ALONE = {
    Cause.FIXED: gettext_lazy("Checked every %(every)s, as “%(list)s” asks for this product."),
    Cause.LATEST: gettext_lazy("Checked at least every %(every)s, as “%(list)s” asks for this product."),
    Cause.SOONEST: gettext_lazy("Checked every %(every)s, the most that “%(list)s” allows for this product."),
}


def _watch_that_asks(cause: Cause, product: Product, watches: Sequence[Watch]) -> Watch | None:
    """Returns the first of the user's watches that sets this bound, if any."""
    for watch in watches:
        limits = limits_asked(watch)
        soonest = limits.soonest if cause is Cause.SOONEST else limits.latest
        if soonest == (product.soonest if cause is Cause.SOONEST else product.interval):
            return watch
    return None


def _priority(reason: Reason, product: Product, watches: Sequence[Watch]) -> str:
    """Describes the priority, if it is the user's own and affects the interval."""
    mine = max((watch.priority or watch.watchlist.priority for watch in watches), default=Priority.NORMAL)
    if reason.cause is not Cause.RATE or mine != product.priority:
        return ""
    if mine == Priority.HIGH:
        return gettext("High priority: about 2× as often.")
    if mine == Priority.LOW:
        return gettext("Low priority: about ½× as often.")
    return ""


def _share(product: Product, watches: Sequence[Watch]) -> str:
    """Says that the allowance of a list's owner slows the checks, unless other users' lists set the limits."""
    is_slowed = any(watch.watchlist.owner.granted_share < _SLOWED for watch in watches)
    asked = combined((watch.watchlist.owner_id, limits_asked(watch)) for watch in watches)
    if not is_slowed or asked is None or (asked.latest, asked.soonest) != (product.interval, product.soonest):
        return ""
    return gettext("Your watchlists exceed your allowance, so it is checked less often.")


def _lacking(reason: Reason) -> str:
    assert reason.every is not None
    asked = reason.every / reason.stretch
    words = gettext("Too few calls: checked about every %(every)s, not every %(asked)s.")
    return words % {"every": approximate_duration(reason.every), "asked": formatting.duration(asked)}


def _hours(reason: Reason, now: datetime) -> str:
    if reason.hours & ALL_DAY in (0, ALL_DAY):
        return ""
    spans = hour_spans({hour for hour in range(24) if reason.hours >> hour & 1})
    return gettext("Checked only %(hours)s.") % {"hours": _on_the_clock(spans, now)}


def _on_the_clock(spans: Iterable[tuple[int, int]], now: datetime) -> str:
    """Describes hours of the shops' day on the user's clock."""
    begin = now.astimezone(SHOPS_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    words = ["–".join(f"{timezone.localtime(begin + hour * _HOUR):%H:%M}" for hour in span) for span in spans]
    return pgettext("between the items of a list", ", ").join(words)


def _next(reason: Reason, shell: Shell, now: datetime) -> str:
    """Describes when the next check comes, or what delays it."""
    if reason.state is NextCheck.RUNNING:
        return gettext("A check is under way.")
    at = reason.next_at
    assert at is not None
    return _held_up(at, shell, now) or (_due(reason, at, now) if reason.is_late else _to_come(reason, at))


def _held_up(at: datetime, shell: Shell, now: datetime) -> str:
    if shell.halted_at:
        return gettext("The operator has stopped all checks.")
    if shell.circuit_opened_at:
        return gettext("All checks are paused until the provider account works again.")
    if shell.paused_until and at < shell.paused_until:
        return gettext("All checks are paused until %(at)s.") % {"at": spoken(shell.paused_until)}
    if not shell.calls_left and at < quota_reset(now):
        return gettext("Today's checks are used up; they resume %(at)s.") % {"at": spoken(quota_reset(now))}
    return ""


def _due(reason: Reason, at: datetime, now: datetime) -> str:
    if reason.state is NextCheck.ASKED:
        return gettext("Check requested; it comes next.")
    if reason.state is NextCheck.FIRST:
        return gettext("Its first check is due.")
    if at > now - LATE:
        return gettext("A check is due.")
    return gettext("Due since %(at)s, waiting in line.") % {"at": spoken(at)}


def _to_come(reason: Reason, at: datetime) -> str:
    match reason.state:
        case NextCheck.FIRST:
            text = gettext("First check %(at)s.")
        case NextCheck.FAILING:
            text = gettext("The last check failed; next try %(at)s.")
        case NextCheck.DOUBT:
            text = gettext("Second check to confirm: %(at)s.")
        case _:
            text = gettext("Next check %(at)s.")
    return text % {"at": spoken(at)}
