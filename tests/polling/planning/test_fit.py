"""The hourly fit: computes from aggregates what all products share."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.judging.schedule.belief import Belief, Prior
from monitor.judging.schedule.planner import Known
from monitor.models import Budget, Product, ScheduleFit
from monitor.polling.budget import fitted
from monitor.polling.planning import fit as fitting

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def make(count: int, rate: float | None, **columns: object) -> None:
    belief = None if rate is None else Known(Belief(rate * 20, 20.0)).dump()
    usual: dict[str, Any] = {
        "interval": DAY,
        "soonest": 5 * MINUTE,
        "rate": rate,
        "knowledge": belief,
        "next_check_at": NOW + HOUR,
    }
    first = Product.objects.count()
    Product.objects.bulk_create(
        Product(
            num_iid=str(10**15 + first + number),
            **{**usual, **columns},
        )
        for number in range(count)
    )


def set_budget(calls: int, at: datetime = NOW) -> None:
    Budget.objects.create(calls=calls, begins_at=at)


def test_the_fitted_schedule_spends_the_budget() -> None:
    set_budget(1000)
    make(200, 0.2)
    make(50, 4.0)
    fit = fitting.fit_schedule(NOW)
    fleet = fitted.load_fleet(fit)
    census = fitting.counted(fleet.prior)
    assert (fit.products, census.products) == (250, 250)
    assert census.calls(fleet) == pytest.approx(fit.share * 1000, rel=0.01)
    assert fleet.prior.mean == pytest.approx(0.96, rel=0.1)
    assert fleet == fitted.planner().fleet


def test_it_counts_products_without_checks_and_leaves_out_unscheduled_ones() -> None:
    set_budget(100)
    make(10, None)
    make(5, 1.0, next_check_at=None)
    make(2, 1.0, interval=HOUR, soonest=None)
    census = fitting.counted(Prior())
    assert census.products == 12
    assert {cell.limits.is_fixed: cell.products for cell in census.cells} == {False: 10, True: 2}


def test_limits_that_need_more_than_the_budget_are_stretched() -> None:
    set_budget(100)
    make(20, 1.0, interval=HOUR, soonest=None)
    fit = fitting.fit_schedule(NOW)
    assert fit.needs == pytest.approx(480)
    fleet = fitted.load_fleet(fit)
    assert fleet.stretch == pytest.approx(480 / 100, rel=0.01)


@pytest.mark.parametrize(("waiting", "is_less"), [(9 * MINUTE, False), (11 * MINUTE, True)])
def test_less_is_planned_while_products_are_overdue(waiting: timedelta, is_less: bool) -> None:
    set_budget(240)
    make(50, 1.0, next_check_at=NOW + HOUR - waiting)
    before = fitting.fit_schedule(NOW).share
    assert (fitting.fit_schedule(NOW + HOUR).share < before) == is_less


@pytest.mark.parametrize("calls", [0, 1])
def test_it_fits_to_a_budget_of_almost_nothing(calls: int) -> None:
    set_budget(calls)
    make(5, 1.0)
    assert fitted.load_fleet(fitting.fit_schedule(NOW)).stretch > 0


def test_it_is_fitted_hourly_and_sooner_after_a_change() -> None:
    assert fitting.fit_if_due(NOW)
    assert not fitting.fit_if_due(NOW + 59 * MINUTE)
    assert fitting.fit_if_due(NOW + 60 * MINUTE)
    later = NOW + 65 * MINUTE
    set_budget(5, later)
    assert fitting.fit_if_due(later)
    assert not fitting.fit_if_due(later + 5 * MINUTE)
    ScheduleFit.objects.update(is_stale=True)
    assert fitting.fit_if_due(later + 5 * MINUTE)
    # After the clock was set back the fit does not wait until it has caught up.
    assert fitting.fit_if_due(later - 30 * DAY)
