"""A shop's credit scores over time: they drift from week to week, and now and then a bad spell pulls them down."""

from collections.abc import Iterator
from typing import NamedTuple

from monitor.sandbox.catalogue import Shop
from monitor.sandbox.chance import Chance
from monitor.sandbox.rhythm import DAY, Rhythm, Spells

DIMENSIONS = ("product", "logistics", "shop")
_ABOVE, _LEVEL, _BELOW = 1, 2, 3
#: The category's average and the band around it that counts as level, as shares of the scale.
_AVERAGE = 0.9
_AVERAGE_OF_FIVE = 0.95
_BAND = 0.008
# A bad spell takes up to a tenth of the scale; scores out of five live closer together.
_SPELL = 0.1
_SPELL_OF_FIVE = 0.04


class Score(NamedTuple):
    """A score as the record tells it (a whole number out of 100, or hundredths out of 5) and its gap to the average."""

    value: float
    gap: int


class _Drift(NamedTuple):
    slow: Rhythm
    quick: Rhythm
    spells: Spells


class ShopScores:
    """One shop's three scores over time."""

    def __init__(self, chance: Chance, shop: Shop) -> None:
        self._chance = chance
        self._name = shop.shop_id
        self._seller = shop.seller
        self._drifts = {dimension: self._drift(f"{self._name}/{dimension}") for dimension in DIMENSIONS}

    def at(self, now: int) -> dict[str, Score]:
        """The scores at Unix second `now`, by dimension."""
        return {dimension: self._score(dimension, now) for dimension in DIMENSIONS}

    def lasting(self, start: int, end: int) -> Iterator[int]:
        """The moments in (start, end] at which a score may move."""
        for drift in self._drifts.values():
            for rhythm in (drift.slow, drift.quick):
                yield from (beat.at for beat in rhythm.between(start, end))
            yield from drift.spells.edges(start, end)

    def _drift(self, name: str) -> _Drift:
        spells = Rhythm(self._chance, f"{name}/spell", 75 * DAY, 0.6)
        return _Drift(
            slow=Rhythm(self._chance, f"{name}/slow", 26 * DAY),
            quick=Rhythm(self._chance, f"{name}/quick", 8 * DAY),
            spells=Spells(self._chance, spells, 5 * DAY, 12 * DAY),
        )

    def _score(self, dimension: str, now: int) -> Score:
        five = self._seller.scale == 5
        drift = self._drifts[dimension]
        width = 0.012 if five else 0.03
        share = self._seller.quality + self._chance.between(-width, width, self._name, dimension, "own")
        share += self._swing(drift.slow, width, now) + self._swing(drift.quick, width / 2, now)
        if spell := drift.spells.current(now):
            depth = _SPELL_OF_FIVE if five else _SPELL
            share -= depth * self._chance.between(0.5, 1, self._name, dimension, "spell", spell.number)
        share = min(1.0, share)
        average = _AVERAGE_OF_FIVE if five else _AVERAGE
        gap = _ABOVE if share > average + _BAND else _BELOW if share < average - _BAND else _LEVEL
        return Score(round(share * 5, 2) if five else round(share * 100), gap)

    def _swing(self, rhythm: Rhythm, width: float, now: int) -> float:
        return self._chance.between(-width, width, rhythm.name, rhythm.last(now).number)
