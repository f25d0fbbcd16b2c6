from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from monitor.sandbox.chance import Chance
from monitor.sandbox.rhythm import Rhythm, Spells

PERIODS = st.integers(60, 10_000_000)
SPREADS = st.sampled_from((0.2, 1 / 3, 0.6, 0.8))
MOMENTS = st.integers(1_600_000_000, 2_000_000_000)


@given(PERIODS, SPREADS, MOMENTS)
def test_it_finds_the_latest_beat_for_any_moment(period: int, spread: float, now: int) -> None:
    rhythm = Rhythm(Chance(3), "heart", period, spread)
    beat = rhythm.last(now)
    after = next(rhythm.between(now, now + 3 * period))
    assert beat.at <= now < after.at
    assert after.number == beat.number + 1


@given(PERIODS, SPREADS, MOMENTS)
def test_it_keeps_its_beats_apart(period: int, spread: float, now: int) -> None:
    beats = list(Rhythm(Chance(3), "heart", period, spread).between(now, now + 12 * period))
    assert 11 <= len(beats) <= 13
    for earlier, later in pairwise(beats):
        assert later.number == earlier.number + 1
        assert (1 - spread) * period - 2 <= later.at - earlier.at <= (1 + spread) * period + 2


@given(MOMENTS)
def test_it_lists_the_beats_it_finds_one_by_one(now: int) -> None:
    rhythm = Rhythm(Chance(3), "heart", 1000)
    listed = list(rhythm.between(now, now + 5000))
    assert all(rhythm.last(beat.at) == beat for beat in listed)
    assert all(now < beat.at <= now + 5000 for beat in listed)


@given(MOMENTS, st.integers(1, 200), st.integers(201, 590))
def test_spells_begin_and_end_at_their_edges(now: int, low: int, high: int) -> None:
    chance = Chance(3)
    spells = Spells(chance, Rhythm(chance, "fever", 1000, 0.4), low, high)
    edges = list(spells.edges(now, now + 10_000))
    assert all(now < edge <= now + 10_000 for edge in edges)
    for edge in edges:
        assert spells.current(edge - 1) != spells.current(edge)
    for moment in range(now + 1, now + 10_001, 97):
        if spell := spells.current(moment):
            assert spell.at <= moment < spell.until
            assert low <= spell.until - spell.at <= high
