"""The hourly fit of the schedule: what all products share is learned from aggregates and stored.
Single products are planned with it."""

import math
import random
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta

from django.db.models import Count, F
from django.db.models.functions import Ln, Round

from monitor.judging.schedule.belief import Belief, Prior, changes_a_day
from monitor.judging.schedule.census import STEPS, Cell, Census
from monitor.judging.schedule.fleet import PATIENT_MINUTES, Fleet, fitted_prior, planned_share
from monitor.judging.schedule.limits import Limits
from monitor.judging.schedule.planner import Known
from monitor.models import Assortment, Product, ScheduleFit
from monitor.models.clock import CLOCK_TOLERANCE
from monitor.polling.budget.fitted import load_fleet
from monitor.polling.budget.limit import daily_calls
from monitor.polling.retry import retried

EVERY = timedelta(hours=1)
#: The least time between two fits, when users' settings or the budget have changed much.
SOONEST = timedelta(minutes=2)
#: About how many beliefs the prior is fitted to.
SAMPLE = 20_000


def fit_if_due(now: datetime) -> bool:
    """Fit the schedule if an hour has passed, or sooner with a reason; return whether it did."""
    fit = ScheduleFit.objects.first()
    if fit is not None and fit.fitted_at is not None:
        age = now - fit.fitted_at
        is_urgent = fit.is_stale or fit.calls != daily_calls(now)
        # A fit of the future does not count: the clock was set back.
        if -CLOCK_TOLERANCE <= age < EVERY and not (is_urgent and age >= SOONEST):
            return False
    fit_schedule(now)
    return True


def fit_schedule(now: datetime) -> ScheduleFit:
    """Fit the prior to a sample of beliefs, and the multiplier to the budget."""
    fit, _ = ScheduleFit.objects.get_or_create(pk=ScheduleFit.SINGLETON)
    budget = daily_calls(now)
    prior = fitted_prior(_sampled(fit.products), load_fleet(fit).prior)
    census = counted(prior)
    if fit.fitted_at is not None:
        fit.share = planned_share(fit.share, _overdue(now, budget), budget / 24)
    fleet = census.fitted(Fleet(prior), fit.share * budget, budget)
    fit.fitted_at, fit.calls, fit.products, fit.needs = now, budget, census.products, census.asked()
    fit.fleet = asdict(fleet)
    # Processes of version 1, which run on during an upgrade, read this too.
    fit.fleet["prior"]["swinging"] = [0.0, 0.0, 0.0]
    fit.is_stale = False
    # Of two fits at the same time the later one stays.
    retried(fit.save)()
    return fit


def counted(prior: Prior) -> Census:
    """Count the checked products, and the calls for followed shops, by limits and expected rate of
    change. Two queries."""
    unknown_rate = changes_a_day(Known().belief, prior)
    checked = Product.objects.filter(next_check_at__isnull=False, interval__isnull=False).order_by()
    steps = checked.annotate(step=Round(Ln("rate") * STEPS))
    groups = steps.values_list("interval", "soonest", "weight", "step").annotate(n=Count("*"))
    products = [
        Cell(Limits(*limits), unknown_rate if step is None else math.exp(step / STEPS), count)
        for *limits, step, count in groups
    ]
    # A reading takes a call a page. Readings are even, whatever the rate.
    assortments = Assortment.objects.filter(next_check_at__isnull=False, interval__isnull=False)
    readings = [
        Cell(row.limits, unknown_rate, row.calls) for row in assortments if row.limits is not None
    ]
    return Census((*products, *readings))


def _sampled(products: int) -> Iterator[Belief]:
    """Yield the beliefs of about `SAMPLE` of all `products`, evenly over their keys.

    Before the first fit the number is not known: then of the first products.
    """
    every = max(1, products // SAMPLE)
    known = Product.objects.watched().filter(knowledge__isnull=False).order_by()
    sample = known.annotate(rest=F("pk") % every).filter(rest=random.randrange(every))  # noqa: S311 - No secret.
    for (stored,) in sample.values_list("knowledge")[: 2 * SAMPLE].iterator(chunk_size=2000):
        yield Known.load(stored).belief


def _overdue(now: datetime, budget: int) -> int:
    """Count overdue products, up to an hour's calls."""
    overdue = Product.objects.due(now - timedelta(minutes=PATIENT_MINUTES)).order_by()
    return len(overdue.values_list("pk")[: budget // 24 + 1])
