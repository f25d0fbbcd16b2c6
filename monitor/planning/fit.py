"""The fit of the schedule: once an hour, what is common to all products is learned from aggregates and stored.

Processes read it about once a minute, workers before the transaction that records, and plan one product at a time
with it.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, QuerySet
from django.db.models.functions import Ln, Round

from monitor.budget.fitted import forget, load_fleet
from monitor.budget.limit import daily_calls
from monitor.budget.retry import retried
from monitor.models import Change, Product, ScheduleFit
from monitor.models.catalog import limits_of
from monitor.schedule import (
    SHOPS_ZONE,
    Belief,
    Cell,
    Census,
    Day,
    Fleet,
    Known,
    Limits,
    Prior,
    changes_a_day,
    days_of,
    fitted_day,
    fitted_prior,
    planned_share,
)
from monitor.schedule.census import STEPS
from monitor.schedule.fleet import PATIENT_MINUTES

EVERY = timedelta(hours=1)
#: What people ask for has changed much, or the budget has: so soon after the last fit there is another.
SOONEST = timedelta(minutes=2)
#: Beliefs that the prior is made of, about.
SAMPLE = 20_000
#: Changes that the day's profile is made of, about, and the fewest and the most days from which they come.
FOUND, FOUND_WITHIN = 6000, (7, 21)
_DAY = timedelta(days=1)


def fit_if_due(now: datetime) -> bool:
    """Fit if an hour is over, or if there is reason to do it sooner; whether it was done."""
    fit = ScheduleFit.objects.defer("day", "cells").first()
    if fit is not None and fit.fitted_at is not None:
        age = abs(now - fit.fitted_at)
        is_urgent = fit.is_stale or fit.calls != daily_calls(now)
        if age < EVERY and not (is_urgent and age >= SOONEST):
            return False
    fit_schedule(now)
    return True


def fit_schedule(now: datetime) -> ScheduleFit:
    """Fit the prior to a sample of beliefs, the multiplier to the budget and, once a day, the day's profile."""
    fit = ScheduleFit.objects.first() or ScheduleFit()
    budget, before = daily_calls(now), load_fleet(fit)
    prior = fitted_prior(_sampled(fit.products), before.prior)
    census = counted(prior)
    if fit.fitted_at is not None:
        fit.share = planned_share(fit.share, _overdue(now, budget), budget / 24)
    fleet = census.fitted(Fleet(prior, before.multiplier), fit.share * budget, budget)
    fit.fitted_at, fit.calls, fit.products, fit.needs = now, budget, census.products, census.asked()
    fit.fleet, fit.cells = asdict(fleet), [_dumped(cell) for cell in census.cells]
    if fit.day_fitted_at is None or _shops_day(fit.day_fitted_at) != _shops_day(now):
        fit.day = _dumped_day(fitted_day(_found(now)), census.products / budget if budget else 1.0)
        fit.day_fitted_at = now
    fit.is_stale = False
    _keep(fit)
    forget()
    return fit


def load_census(fit: ScheduleFit | None) -> Census:
    """All products as they were counted for the fit."""
    return Census(tuple(map(_loaded, (fit.cells if fit is not None else None) or ())))


def counted(prior: Prior, products: QuerySet[Product] | None = None) -> Census:
    """All products that are checked, or those among `products`, by limits and by how often they are expected to change.
    One query."""
    unknown = changes_a_day(Known().belief, prior)
    of = Product.objects.all() if products is None else products
    watched = of.filter(next_check_at__isnull=False, interval__isnull=False).order_by()
    groups = watched.annotate(step=Round(Ln("rate") * STEPS)).values_list(
        "interval", "soonest", "weight", "hours", "step"
    )
    return Census(
        tuple(
            Cell(limits_of(latest, soonest, weight, hours), _rate(step, unknown), count)
            for latest, soonest, weight, hours, step, count in groups.annotate(n=Count("*"))
        )
    )


def _rate(step: float | None, unknown: float) -> float:
    return unknown if step is None else math.exp(step / STEPS)


def _sampled(products: int) -> Iterator[Belief]:
    """The beliefs of some products of each stretch of keys, of about so many. Before the first fit nobody has counted
    them: then of the first ones."""
    every = max(1, products // SAMPLE)
    known = Product.objects.watched().filter(known__isnull=False).order_by()
    some = known.annotate(rest=F("pk") % every).filter(rest=random.randrange(every))  # noqa: S311 - No secret.
    for (stored,) in some.values_list("known")[: 2 * SAMPLE].iterator(chunk_size=2000):
        yield Known.load(stored).belief


def _overdue(now: datetime, budget: int) -> int:
    """Counts overdue products, up to an hour's calls."""
    overdue = Product.objects.due(now - timedelta(minutes=PATIENT_MINUTES)).order_by()
    return len(overdue.values_list("pk")[: budget // 24 + 1])


def _found(now: datetime) -> list[tuple[int, float, float]]:
    """All intervals in which prices or statuses of some products were found to have changed lately, in days of the
    shops' clock: of few days where there are many, so that little is read."""
    # Along `change_newest`.
    told = Change.objects.filter(field__in=("price", "status"), product__isnull=False).order_by()
    fewest, most = FOUND_WITHIN
    a_day = told.filter(first_seen_after__gt=now - fewest * _DAY).count() / fewest
    days = min(max(FOUND / max(a_day, 1), fewest), most)
    every = 1 + int(a_day * days / FOUND)
    lately = told.filter(first_seen_after__gt=now - days * _DAY)
    # Neighbours by twos: the profile is learned from two halves, by whether keys are even.
    some = lately.annotate(rest=F("product") / 2 % every).filter(rest=0) if every > 1 else lately
    spans = some.values_list("product", "last_seen_before", "first_seen_after").distinct()
    return [(product, days_of(since), days_of(until)) for product, since, until in spans]


def _shops_day(at: datetime) -> date:
    return at.astimezone(SHOPS_ZONE).date()


def _dumped_day(day: Day, even: float) -> dict[str, Any] | None:
    """`even`: the days between two looks, if all products were looked at alike."""
    if not day.weights:
        return None
    return {"weights": day.weights, "plans": day.plans, "intervals": day.intervals, "spending": day.spending(even)}


def _dumped(cell: Cell) -> list[float | int | None]:
    limits = cell.limits
    soonest = None if limits.soonest is None else limits.soonest.total_seconds()
    return [limits.latest.total_seconds(), soonest, limits.weight, limits.hours, cell.rate, cell.products]


def _loaded(stored: list[Any]) -> Cell:
    latest, soonest, weight, hours, rate, count = stored
    times = timedelta(seconds=latest), None if soonest is None else timedelta(seconds=soonest)
    return Cell(Limits(*times, weight, hours), rate, count)


@retried
def _keep(fit: ScheduleFit) -> None:
    """Of two fits at once the later one stays."""
    values = {field.attname: getattr(fit, field.attname) for field in ScheduleFit._meta.concrete_fields}
    ScheduleFit.objects.update_or_create(pk=ScheduleFit.SINGLETON, defaults=values)
