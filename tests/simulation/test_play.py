"""A policy never spends more than the day has, and even polling spends all of it evenly."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import pytest

from monitor.schedule import Limits
from monitor.simulation.even import Even
from monitor.simulation.play import DAY, HOUR, MINUTE, play
from monitor.simulation.truth import Life
from tests.simulation.conftest import adaptive

QUIET = Life([0], [0])
AWAY = Life([0, HOUR], [0, None])


def restless(every: int, days: int) -> Life:
    seconds = range(0, days * DAY, every)
    return Life(seconds, [number % 7 for number, _ in enumerate(seconds)])


class Greedy:
    """Asks for everything at every minute."""

    def __init__(self, products: int) -> None:
        self.products = products
        self.seen: list[tuple[int, int, int | None]] = []

    def hour(self, now: int) -> None:
        pass

    def chosen(self, now: int, spent: int) -> Sequence[int]:
        return range(self.products)

    def saw(self, product: int, now: int, value: int | None) -> None:
        self.seen.append((product, now, value))


def no_one(_days: int) -> None:
    pass


@pytest.mark.parametrize("cap", [0, 1, 7, 5000])
def test_no_policy_gets_more_than_the_cap(cap: int) -> None:
    policy = Greedy(3)
    played = play([QUIET, restless(HOUR, 2), AWAY], policy, cap, 2, no_one)
    assert played.calls == [min(cap, 3 * 1440)] * 2
    assert sum(map(len, played.looks)) == sum(played.calls) == len(policy.seen)


@pytest.mark.parametrize("cap", [1, 7, 40, 2000])
def test_the_policies_spend_what_there_is_and_no_more(cap: int) -> None:
    lives = [restless(10 * MINUTE, 6), AWAY, *[QUIET] * 8]
    even = play(lives, Even(len(lives), cap), cap, 6, no_one)
    assert even.calls == [cap] * 6
    played = play(lives, adaptive(lives, cap), cap, 6, no_one)
    assert max(played.calls) <= cap
    # The last calls of a day may be put off until it is over.
    assert sum(played.calls) >= 6 * (0.995 * cap - 1)


def test_a_look_tells_what_the_product_is_then() -> None:
    policy = Greedy(2)
    play([Life([0, 90, 120], [4, 5, 6]), AWAY], policy, 10_000, 1, no_one)
    of_first = [(now, value) for product, now, value in policy.seen if product == 0][:3]
    assert of_first == [(0, 4), (60, 4), (120, 6)]
    assert (1, HOUR - MINUTE, 0) in policy.seen
    assert (1, HOUR, None) in policy.seen


def test_even_polling_takes_turns_and_spreads_its_calls() -> None:
    played = play([QUIET] * 5, Even(5, 24), 24, 5, no_one)
    assert played.calls == [24] * 5
    assert [len(looks) for looks in played.looks] == [24] * 5
    turns = sorted((second, product) for product, looks in enumerate(played.looks) for second in looks)
    assert [product for _, product in turns] == list(range(5)) * 24
    gaps = {later - earlier for (earlier, _), (later, _) in pairwise(turns)}
    assert gaps == {HOUR}


def test_the_adaptive_schedule_looks_most_at_what_changes_most_and_forgets_nothing() -> None:
    lives = [restless(20 * MINUTE, 6), restless(6 * HOUR, 6), *[QUIET] * 18]
    looks = [len(one) for one in play(lives, adaptive(lives, 100), 100, 6, no_one).looks]
    assert looks[0] > 2 * looks[1] > 4 * max(looks[2:])
    assert min(looks[2:]) >= 4


def test_what_cannot_be_found_is_asked_for_as_seldom_as_the_list_allows() -> None:
    lives = [AWAY, *[restless(HOUR, 6)] * 4]
    played = play(lives, adaptive(lives, 200), 200, 6, no_one)
    away = [look for look in played.looks[0] if look >= HOUR]
    assert 5 <= len(away) <= 6
    assert sum(played.calls) == pytest.approx(6 * 200, rel=0.005)


def test_it_tells_of_each_day_that_is_over() -> None:
    steps: list[int] = []
    play([QUIET], Even(1, 1), 1, 3, steps.append)
    assert steps == [1, 1, 1]


def test_it_keeps_to_what_a_list_asks_for() -> None:
    lives = [restless(MINUTE, 6), *[QUIET] * 9]
    limits = Limits(latest=timedelta(hours=20), soonest=timedelta(minutes=30))
    # As many calls as it could ever spend.
    looks = play(lives, adaptive(lives, 5000, limits), 5000, 6, no_one).looks
    assert all(later - earlier >= 30 * MINUTE for one in looks for earlier, later in pairwise(one))
    # And so few that looks have to be kept for what hardly changes.
    looks = play(lives, adaptive(lives, 60, limits), 60, 6, no_one).looks
    assert all(later - earlier <= 20 * HOUR for one in looks for earlier, later in pairwise(one))
