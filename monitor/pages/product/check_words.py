"""How often a product is checked, why, and when next, in the active language."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext, gettext_lazy

from monitor.judging.schedule.limits import combined
from monitor.judging.schedule.planner import Known
from monitor.judging.schedule.reasons import PaceReason, check_pace
from monitor.models import Product, Watch
from monitor.models.usage import quota_reset
from monitor.polling.budget import fitted
from monitor.polling.planning.rescheduling import limits_set
from monitor.provider.codes import Outcome
from monitor.showing.reads.frame import PageFrame
from monitor.text import formatting
from monitor.text.clock import UNITS, spoken

_WORDS = {
    PaceReason.AS_SET: gettext_lazy("Checked every %(every)s."),
    PaceReason.BY_CHANGES: gettext_lazy("Smart: checked about every %(every)s."),
    PaceReason.SLOWED: gettext_lazy(
        "Slowed to the budget: checked about every %(every)s, not every %(asked)s."
    ),
    PaceReason.FAILING: gettext_lazy("The last check failed."),
    PaceReason.PAUSED: gettext_lazy("Not checked: all its watchlists are paused."),
}


def check_words(
    product: Product, watches: Sequence[Watch], frame: PageFrame, now: datetime
) -> dict[str, Any]:
    """Return the sentences about a product's checks. `watches` are the user's own, with their
    lists.

    What other users ask for is private: only the effect on the interval is shown.
    """
    active = [watch for watch in watches if not (watch.is_paused or watch.watchlist.is_paused)]
    asked = combined((watch.watchlist.owner_id, limits_set(watch)) for watch in active)
    latest = None if asked is None else asked.latest
    pace = check_pace(
        product.limits if product.next_check_at else None,
        Known.load(product.knowledge),
        fitted.planner(),
        latest,
        is_failing=product.failing_since is not None,
        is_gone=product.last_outcome == Outcome.NOT_FOUND,
    )
    words = {
        "every": "" if pace.every is None else _every(pace.every, pace.reason),
        "asked": "" if latest is None else formatting.duration(latest),
    }
    return {
        "reason": _WORDS[pace.reason] % words,
        "is_slowed": pace.reason is PaceReason.SLOWED,
        "next": _next_in_words(product, frame, now),
    }


def _every(every: timedelta, reason: PaceReason) -> str:
    """Return an interval in words, rounded unless it is exactly as set: to units, or to half units
    below four."""
    if reason is not PaceReason.AS_SET:
        unit = next(unit for unit in UNITS if every >= unit)
        step = unit if every >= 4 * unit else unit / 2
        every = round(every / step) * step
    return formatting.duration(every)


def _next_in_words(product: Product, frame: PageFrame, now: datetime) -> str:
    """Describe when the next check comes; '' for a product that is not checked."""
    at = product.next_check_at
    if at is None:
        return ""
    if product.is_claimed:  # type: ignore[attr-defined]
        return gettext("A check is under way.")
    if frame.halted_at or frame.circuit_opened_at:
        return gettext("All checks are paused.")
    if not frame.calls_left:
        at = max(at, quota_reset(now))
    at = max(at, frame.paused_until or at)
    return (
        gettext("A check is due.")
        if at <= now
        else gettext("Next check %(at)s.") % {"at": spoken(at)}
    )
