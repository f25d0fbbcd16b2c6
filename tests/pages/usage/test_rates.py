"""What others lose or gain by a change hangs on how often products change."""

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
    """Everybody's products, the own ones among them."""
    spread: dict[Limits, dict[tuple[float, float], int]] = {}
    for cell in everybody:
        limits = limits_of(cell.limits.latest, cell.limits.soonest, cell.limits.hours)
        spread.setdefault(limits, {})[cell.limits.weight, cell.rate] = cell.products
    return Rates(Fleet(), spread).about(Census(tuple(own or ())), new=new)


def test_lively_products_take_more_from_calm_ones_than_calm_ones_would() -> None:
    """Calls go by roots of rates where next to no changes are missed: ten lively ones take as much as a hundred calm
    ones."""
    calm, lively = Cell(OPEN, CALM / 10_000, 100), Cell(DAILY, LIVELY / 10_000, 10)
    before: Paces = {DAILY: 10}
    takes = Forecast(1010, {OPEN: 100}, before, {OPEN: 10}, rates([calm, lively], [lively]))
    assert takes.slower == pytest.approx(1 - 505 / 1000, abs=1e-3)
    alike = Cell(DAILY, calm.rate, 10)
    takes = Forecast(1010, {OPEN: 100}, before, {OPEN: 10}, rates([calm, alike], [alike]))
    assert takes.slower == pytest.approx(1 - 1010 * 100 / 110 / 1000, abs=1e-3)


def test_a_priority_takes_from_others_what_it_gives() -> None:
    cells = [Cell(OPEN, 0.001, 50)]
    known = replace(rates([Cell(OPEN, 0.001, 100)], cells), worth=(1.0, 4.0))
    forecast = Forecast(1000, {OPEN: 50}, {OPEN: 50}, {OPEN: 50}, known)
    assert not forecast.changes
    assert forecast.slower == pytest.approx(1 - (1000 / 3) / 500, abs=1e-3)


def test_a_priority_leaves_what_others_give_the_same_products() -> None:
    """Worth 1 to this list and 3 to somebody else, then 6 to this list: it counts 9 times as much, not 24 times."""
    shared = replace(OPEN, weight=4.0)
    known = replace(rates([Cell(OPEN, 1.0, 50), Cell(shared, 1.0, 50)], [Cell(shared, 1.0, 50)]), worth=(1.0, 6.0))
    [cell] = known.after({OPEN: 50}, {OPEN: 50}).cells
    assert cell.limits.weight == 9.0
    lowered = replace(known, worth=(1.0, 0.25)).after({OPEN: 50}, {OPEN: 50})
    assert [one.limits.weight for one in lowered.cells] == [3.25]
    slowed = rates([], [Cell(replace(OPEN, weight=0.25), 1.0, 50)])
    [cell] = replace(slowed, worth=(1.0, 4.0)).after({OPEN: 50}, {OPEN: 50}).cells
    assert cell.limits.weight == 1.0


def test_what_asks_for_nothing_else_takes_nothing_whatever_is_among_it() -> None:
    own = [Cell(OPEN, LIVELY, 7), Cell(limits_of(DAY, MINUTE), CALM, 9), Cell(DAILY, 1.0, 4)]
    paces: Paces = {OPEN: 7, limits_of(DAY, MINUTE): 9, DAILY: 4}
    known = rates([Cell(OPEN, 0.7, 107), *own[1:]], own)
    assert Counter(known.after(paces, paces).cells) == Counter(known.before(paces).cells) == Counter(own)
    assert Forecast(5000, {OPEN: 100}, paces, paces, known).slower == 0


def test_those_that_keep_their_own_interval_are_not_among_those_that_change() -> None:
    """The lively ones go on once a day; the calm ones go over to as often as they change."""
    own = [Cell(DAILY, LIVELY, 10), Cell(limits_of(2 * DAY), CALM, 10)]
    before: Paces = {DAILY: 10, limits_of(2 * DAY): 10}
    forecast = Forecast(1010, {OPEN: 90}, before, {DAILY: 10, OPEN: 10}, rates([Cell(OPEN, CALM, 90), *own], own))
    assert forecast.slower == pytest.approx(1 - 900 / 995, abs=1e-3)


def test_even_a_small_difference_is_true() -> None:
    everybody = [Cell(OPEN, math.exp(step / 10), 40) for step in range(-30, 20)]
    one = Rates().after({OPEN: 1}, {})
    takes = one.calls(Census(tuple(everybody)).fitted(Fleet(), 20_000))
    added = Forecast(20_000, {OPEN: 2000}, {None: 1}, {OPEN: 1}, rates(everybody, new=1))
    assert added.slower == pytest.approx(takes / 20_000, rel=0.05)


@given(st.integers(50, 1000), st.floats(0.1, 100))
def test_many_cells_are_taken_together_and_take_about_the_same_calls(cells: int, multiplier: float) -> None:
    limits = [limits_of(30 * DAY, number * MINUTE) for number in range(1, 6)]
    rate_of = {step: math.exp(step / 10) for step in range(-40, 40)}
    merged = Counter((limits[n % 5], rate_of[(n * 7919) % 80 - 40]) for n in range(cells))
    exact = Census(tuple(Cell(one, rate, 20 * n) for (one, rate), n in merged.items()))
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
        add_products(watchlist, [f"35144532983861{number}{one:02}" for one in range(20)], NOW)
        Product.objects.filter(watches__watchlist=watchlist).update(rate=rate, checked_at=NOW)
    fit_schedule(NOW)
    with CaptureQueriesContext(connection) as queries:
        known = rates_of(lively)
    assert len(queries) == 2
    [own] = known.own.values()
    [((weight, rate), count)] = own.items()
    assert (weight, count) == (1.0, 20)
    assert rate == pytest.approx(LIVELY, rel=0.05)
    assert {round(rate, 1) for _, rate in learned_rates().everybody[limits_of(DAY, 5 * MINUTE)]} == {0.1, 10.0}


@pytest.mark.django_db
def test_a_higher_priority_of_a_lively_list_is_told_to_take_more() -> None:
    owner = UserFactory.create()
    shares = []
    for rate in (LIVELY / 10, CALM / 10):
        Watchlist.objects.all().delete()
        Product.objects.all().delete()
        mine, others = (create_watchlist(owner, name, DAY, pace=Pace.ADAPTIVE) for name in ("mine", "others"))
        for number, watchlist in enumerate((mine, others)):
            add_products(watchlist, [f"35144532983861{number}{one:02}" for one in range(20)], NOW)
        Product.objects.update(rate=0.1, checked_at=NOW)
        Product.objects.filter(watches__watchlist=mine).update(rate=rate)
        fit_schedule(NOW)
        cost, known = cost_of(mine, owner), rates_of(mine)

        mine.priority = Priority.HIGH
        shares.append(cost.forecast(ListPace.by(mine), 2000, scheduled_paces(), known).slower)
    assert shares[0] > shares[1] > 0.1
