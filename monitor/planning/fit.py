"""The hourly fit of the schedule: what all products share is learned from aggregates and stored.

Processes read it about once a minute and plan single products with it.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F
from django.db.models.functions import Ln, Round

from monitor.budget.fitted import forget, load_fleet
from monitor.budget.limit import daily_calls
from monitor.models import Change, Product, ScheduleFit, ShopRange
from monitor.models.catalog import limits_of
from monitor.models.clock import CLOCK_TOLERANCE
from monitor.retry import retried
from monitor.schedule.belief import Belief, Prior, changes_a_day
from monitor.schedule.census import STEPS, Cell, Census
from monitor.schedule.day import Day, fitted_day
from monitor.schedule.fleet import PATIENT_MINUTES, Fleet, fitted_prior, planned_share
from monitor.schedule.planner import Known, days_of

EVERY = timedelta(hours=1)
#: The least time between two fits, when users' settings or the budget have changed much.
SOONEST = timedelta(minutes=2)
#: About how many beliefs the prior is fitted to.
SAMPLE = 20_000
#: About how many changes the day's profile is fitted to, and the least and the most days from which they come.
PROFILE_CHANGES, PROFILE_DAYS = 6000, (7, 21)
_DAY = timedelta(days=1)


def fit_if_due(now: datetime) -> bool:
    """Fit the schedule if an hour has passed, or sooner with a reason; return whether it did."""
    fit = ScheduleFit.objects.defer("day").first()
    if fit is not None and fit.fitted_at is not None:
        age = now - fit.fitted_at
        is_urgent = fit.is_stale or fit.calls != daily_calls(now)
        # A fit of the future does not count: the clock was set back.
        if -CLOCK_TOLERANCE <= age < EVERY and not (is_urgent and age >= SOONEST):
            return False
    fit_schedule(now)
    return True


def fit_schedule(now: datetime) -> ScheduleFit:
    """Fit the prior to a sample of beliefs, the multiplier to the budget and, once a day, the day's profile."""
    fit, _ = ScheduleFit.objects.get_or_create(pk=ScheduleFit.SINGLETON)
    budget = daily_calls(now)
    prior = fitted_prior(_sampled(fit.products), load_fleet(fit).prior)
    census = counted(prior)
    if fit.fitted_at is not None:
        fit.share = planned_share(fit.share, _overdue(now, budget), budget / 24)
    fleet = census.fitted(Fleet(prior), fit.share * budget, budget)
    fit.fitted_at, fit.calls, fit.products, fit.needs = now, budget, census.products, census.asked()
    fit.fleet = asdict(fleet)
    if fit.day_fitted_at is None or int(days_of(fit.day_fitted_at)) != int(days_of(now)):
        fit.day = _dumped_day(fitted_day(_change_intervals(now)), census.products / budget if budget else 1.0)
        fit.day_fitted_at = now
    fit.is_stale = False
    # Of two fits at the same time the later one stays.
    retried(fit.save)()
    forget()
    return fit


def counted(prior: Prior) -> Census:
    """Count the checked products, and the calls for followed shops, by limits and expected rate of change. Two
    queries."""
    unknown_rate = changes_a_day(Known().belief, prior)
    checked = Product.objects.filter(next_check_at__isnull=False, interval__isnull=False).order_by()
    steps = checked.annotate(step=Round(Ln("rate") * STEPS))
    groups = steps.values_list("interval", "soonest", "weight", "hours", "step").annotate(n=Count("*"))
    products = [
        Cell(limits_of(*limits), unknown_rate if step is None else math.exp(step / STEPS), count)
        for *limits, step, count in groups
    ]
    # A reading takes a call a page. Readings are even, whatever the rate.
    ranges = ShopRange.objects.filter(next_check_at__isnull=False, interval__isnull=False)
    readings = [Cell(row.limits, unknown_rate, row.calls) for row in ranges if row.limits is not None]
    return Census((*products, *readings))


def _sampled(products: int) -> Iterator[Belief]:
    """Yield the beliefs of about `SAMPLE` of all `products`, evenly over their keys.

    Before the first fit the number is not known: then of the first products.
    """
    every = max(1, products // SAMPLE)
    known = Product.objects.watched().filter(known__isnull=False).order_by()
    sample = known.annotate(rest=F("pk") % every).filter(rest=random.randrange(every))  # noqa: S311 - No secret.
    for (stored,) in sample.values_list("known")[: 2 * SAMPLE].iterator(chunk_size=2000):
        yield Known.load(stored).belief


def _overdue(now: datetime, budget: int) -> int:
    """Count overdue products, up to an hour's calls."""
    overdue = Product.objects.due(now - timedelta(minutes=PATIENT_MINUTES)).order_by()
    return len(overdue.values_list("pk")[: budget // 24 + 1])


def _change_intervals(now: datetime) -> list[tuple[int, float, float]]:
    """Return all recent intervals in which prices or statuses of some products changed, in days of the shops' clock.

    With many changes, fewer days are enough.
    """
    # Along `change_newest`.
    changes = Change.objects.filter(field__in=("price", "status"), product__isnull=False).order_by()
    fewest, most = PROFILE_DAYS
    a_day = changes.filter(first_seen_after__gt=now - fewest * _DAY).count() / fewest
    days = min(max(PROFILE_CHANGES / max(a_day, 1), fewest), most)
    every = 1 + int(a_day * days / PROFILE_CHANGES)
    recent = changes.filter(first_seen_after__gt=now - days * _DAY)
    # Adjacent pairs: the two halves of the profile are the even and the odd keys.
    sample = recent.annotate(rest=F("product") / 2 % every).filter(rest=0) if every > 1 else recent
    spans = sample.values_list("product", "last_seen_before", "first_seen_after").distinct()
    return [(product, days_of(since), days_of(until)) for product, since, until in spans]


def _dumped_day(day: Day, even: float) -> dict[str, Any] | None:
    """Return the stored form; `even`: the days between two checks of a product, if all were checked equally often."""
    if not day.weights:
        return None
    return {"weights": day.weights, "plans": day.plans, "intervals": day.intervals, "spending": day.spending(even)}
