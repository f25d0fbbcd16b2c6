"""The adaptive schedule finds changes sooner than even polling with the same calls, and so much can be repeated."""

from datetime import date
from random import Random

import pytest

from monitor.simulation import Proof, Setting, prove
from monitor.simulation.even import Even
from monitor.simulation.play import DAY, Policy, play
from monitor.simulation.score import Score, score
from monitor.simulation.truth import Life
from tests.simulation.conftest import SETTING, adaptive


def quiet(_days: int) -> None:
    pass


def better(proof: Proof) -> tuple[float, float, float]:
    """Median, mean and what was missed, as ratios to even polling."""
    own, even = proof.adaptive.overall, proof.even.overall
    median, mean, missed = ((getattr(own, name), getattr(even, name)) for name in ("median", "mean", "missed"))
    return median[0] / median[1], mean[0] / mean[1], missed[0] / missed[1]


def test_changes_are_found_much_sooner_with_the_same_calls(proof: Proof) -> None:
    median, mean, missed = better(proof)
    assert median < 0.2
    assert mean < 0.3
    assert missed < 0.9
    assert 4 * 1199 <= proof.adaptive.overall.calls <= proof.even.overall.calls == 4 * 1200


def test_so_they_are_on_every_day(proof: Proof) -> None:
    for own, even in zip(proof.adaptive.days, proof.even.days, strict=True):
        assert own.changes == even.changes > 1000
        assert own.median
        assert even.median
        assert own.median < 0.3 * even.median


def test_so_they_are_among_other_products() -> None:
    median, mean, missed = better(prove(Setting(date(2026, 6, 1), 3, 900, seed=7), quiet))
    assert median < 0.3
    assert mean < 0.4
    assert missed < 0.95


def test_even_polling_finds_them_after_half_its_interval(proof: Proof) -> None:
    # Four looks a day: three hours on average, up to a minute for the step in which looks come.
    assert proof.even.overall.mean == pytest.approx(180, abs=6)


def test_the_same_setting_gives_the_same_figures(proof: Proof) -> None:
    assert prove(SETTING, quiet) == proof


def test_no_day_costs_more_than_it_may(proof: Proof) -> None:
    for figures in (*proof.adaptive.days, *proof.even.days):
        assert figures.calls <= 1200


def played(lives: list[Life], policy: Policy, cap: int) -> Score:
    return score(lives, play(lives, policy, cap, 16, quiet), 7, 7)


def test_where_all_products_change_alike_there_is_nothing_to_gain() -> None:
    """The score does not favour the adaptive schedule: what it gains, it gains by knowing what changes."""
    chance = Random(3)
    lives = []
    for _ in range(120):
        seconds, at = [0], chance.expovariate(1)
        while at < 16:
            seconds.append(int(at * DAY))
            at += chance.expovariate(1)
        lives.append(Life(seconds, list(range(len(seconds)))))
    own, even = played(lives, adaptive(lives, 480), 480).overall, played(lives, Even(120, 480), 480).overall
    assert own.mean
    assert even.mean
    assert 0.9 < own.mean / even.mean < 1.15
