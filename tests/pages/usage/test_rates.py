"""How much other products lose or gain by a change depends on how often products change."""

import math
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from monitor.models import Pace, Product, Watchlist
from monitor.models.watchlists import Priority
from monitor.pages.watchlists.reads import cost_of, rates_of
from monitor.planning.calls import ListPace, Paces, limits_of
from monitor.planning.fit import fit_schedule
from monitor.planning.forecast import Forecast, scheduled_paces
from monitor.planning.rates import MOST_CELLS, Rates, learned_rates
from monitor.schedule.census import Cell, Census
from monitor.schedule.fleet import Fleet
from monitor.schedule.limits import Limits
from monitor.watchlists.services import add_products, create_watchlist
from tests.factories import NOW, UserFactory

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
OPEN, DAILY = limits_of(30 * DAY, MINUTE), limits_of(DAY)
CALM, LIVELY = 0.1, 10.0


def rates(everybody: list[Cell], own: list[Cell] | None = None, *, new: int = 0) -> Rates:
    """The rates of all products (`everybody`), of which `own` are the list's."""
    spread: dict[Limits, dict[tuple[float, float], int]] = {}
    for cell in everybody:
        limits = limits_of(cell.limits.latest, cell.limits.soonest, cell.limits.hours)
        spread.setdefault(limits, {})[cell.limits.weight, cell.rate] = cell.products
    return Rates(Fleet(), spread).about(Census(tuple(own or ())), new=new)


def test_lively_products_take_more_calls_than_calm_ones() -> None:
    """With frequent checks, calls follow the square root of the rate: ten lively products take as much as a hundred
    calm ones."""
    calm, lively = Cell(OPEN, CALM / 10_000, 100), Cell(DAILY, LIVELY / 10_000, 10)
    before: Paces = {DAILY: 10}
    takes = Forecast(1010, {OPEN: 100}, before, {OPEN: 10}, rates([calm, lively], [lively]))
    assert takes.slower == pytest.approx(1 - 505 / 1000, abs=1e-3)
    alike = Cell(DAILY, calm.rate, 10)
    takes = Forecast(1010, {OPEN: 100}, before, {OPEN: 10}, rates([calm, alike], [alike]))
    assert takes.slower == pytest.approx(1 - 1010 * 100 / 110 / 1000, abs=1e-3)


def test_a_priority_takes_calls_from_other_products() -> None:
    cells = [Cell(OPEN, 0.001, 50)]
    list_rates = replace(rates([Cell(OPEN, 0.001, 100)], cells), worth=(1.0, 4.0))
    forecast = Forecast(1000, {OPEN: 50}, {OPEN: 50}, {OPEN: 50}, list_rates)
    assert not forecast.changes
    assert forecast.slower == pytest.approx(1 - (1000 / 3) / 500, abs=1e-3)


def test_a_priority_adds_to_the_priorities_of_other_lists() -> None:
    """Worth 1 to this list and 3 to another, then 6 to this list: the product counts 9 times, not 24 times."""
    shared = replace(OPEN, weight=4.0)
    list_rates = replace(rates([Cell(OPEN, 1.0, 50), Cell(shared, 1.0, 50)], [Cell(shared, 1.0, 50)]), worth=(1.0, 6.0))
    [cell] = list_rates.after({OPEN: 50}, {OPEN: 50}).cells
    assert cell.limits.weight == 9.0
    lowered = replace(list_rates, worth=(1.0, 0.25)).after({OPEN: 50}, {OPEN: 50})
    assert [cell.limits.weight for cell in lowered.cells] == [3.25]
    slowed = rates([], [Cell(replace(OPEN, weight=0.25), 1.0, 50)])
    [cell] = replace(slowed, worth=(1.0, 4.0)).after({OPEN: 50}, {OPEN: 50}).cells
    assert cell.limits.weight == 1.0


def test_unchanged_limits_take_nothing() -> None:
    own = [Cell(OPEN, LIVELY, 7), Cell(limits_of(DAY, MINUTE), CALM, 9), Cell(DAILY, 1.0, 4)]
    paces: Paces = {OPEN: 7, limits_of(DAY, MINUTE): 9, DAILY: 4}
    list_rates = rates([Cell(OPEN, 0.7, 107), *own[1:]], own)
    assert Counter(list_rates.after(paces, paces).cells) == Counter(list_rates.before(paces).cells) == Counter(own)
    assert Forecast(5000, {OPEN: 100}, paces, paces, list_rates).slower == 0


def test_products_that_keep_their_interval_do_not_count() -> None:
    """The lively products stay at once a day; the calm ones become adaptive."""
    own = [Cell(DAILY, LIVELY, 10), Cell(limits_of(2 * DAY), CALM, 10)]
    before: Paces = {DAILY: 10, limits_of(2 * DAY): 10}
    forecast = Forecast(1010, {OPEN: 90}, before, {DAILY: 10, OPEN: 10}, rates([Cell(OPEN, CALM, 90), *own], own))
    assert forecast.slower == pytest.approx(1 - 900 / 995, abs=1e-3)


def test_a_small_difference_is_accurate() -> None:
    everybody = [Cell(OPEN, math.exp(step / 10), 40) for step in range(-30, 20)]
    product = Rates().after({OPEN: 1}, {})
    takes = product.calls(Census(tuple(everybody)).fitted(Fleet(), 20_000))
    added = Forecast(20_000, {OPEN: 2000}, {None: 1}, {OPEN: 1}, rates(everybody, new=1))
    assert added.slower == pytest.approx(takes / 20_000, rel=0.05)


@given(st.integers(50, 1000), st.floats(0.1, 100))
def test_merged_cells_take_about_the_same_calls(cells: int, multiplier: float) -> None:
    choices = [limits_of(30 * DAY, number * MINUTE) for number in range(1, 6)]
    rate_of = {step: math.exp(step / 10) for step in range(-40, 40)}
    merged = Counter((choices[n % 5], rate_of[(n * 7919) % 80 - 40]) for n in range(cells))
    exact = Census(tuple(Cell(limits, rate, 20 * n) for (limits, rate), n in merged.items()))
    paces = Counter[Limits | None]()
    for cell in exact.cells:
        paces[cell.limits] += cell.products
    census, fleet = rates(list(exact.cells)).others(paces), Fleet(multiplier=multiplier)
    assert len(census.cells) <= MOST_CELLS
    assert census.products == exact.products
    assert census.calls(fleet) == pytest.approx(exact.calls(fleet), rel=0.02)


@pytest.mark.django_db
def test_a_lists_rates_are_those_of_its_products() -> None:
    owner = UserFactory.create()
    lively, calm = (create_watchlist(owner, name, DAY, pace=Pace.ADAPTIVE) for name in ("lively", "calm"))
    for number, (watchlist, rate) in enumerate(((lively, LIVELY), (calm, CALM))):
        add_products(watchlist, [f"35144532983861{number}{index:02}" for index in range(20)], NOW)
        Product.objects.filter(watches__watchlist=watchlist).update(rate=rate, checked_at=NOW)
    fit_schedule(NOW)
    with CaptureQueriesContext(connection) as queries:
        list_rates = rates_of(lively)
    assert len(queries) == 2
    [own] = list_rates.own.values()
    [((weight, rate), count)] = own.items()
    assert (weight, count) == (1.0, 20)
    assert rate == pytest.approx(LIVELY, rel=0.05)
    assert {round(rate, 1) for _, rate in learned_rates().everybody[limits_of(DAY, 5 * MINUTE)]} == {0.1, 10.0}


@pytest.mark.django_db
def test_a_higher_priority_of_a_lively_list_takes_more() -> None:
    owner = UserFactory.create()
    shares = []
    for rate in (LIVELY / 10, CALM / 10):
        Watchlist.objects.all().delete()
        Product.objects.all().delete()
        mine, rest = (create_watchlist(owner, name, DAY, pace=Pace.ADAPTIVE) for name in ("mine", "others"))
        for number, watchlist in enumerate((mine, rest)):
            add_products(watchlist, [f"35144532983861{number}{index:02}" for index in range(20)], NOW)
        Product.objects.update(rate=0.1, checked_at=NOW)
        Product.objects.filter(watches__watchlist=mine).update(rate=rate)
        fit_schedule(NOW)
        cost, list_rates = cost_of(mine, owner), rates_of(mine)

        mine.priority = Priority.HIGH
        shares.append(cost.forecast(ListPace.by(mine), 2000, scheduled_paces(), list_rates).slower)
    assert shares[0] > shares[1] > 0.1
