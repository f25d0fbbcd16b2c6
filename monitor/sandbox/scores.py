"""A shop's credit scores over time: they drift from week to week, and now and then a bad spell pulls them down."""

from collections.abc import Iterator
from typing import NamedTuple

from monitor.sandbox.catalogue import Shop
from monitor.sandbox.chance import Chance
from monitor.sandbox.rhythm import DAY, Rhythm

DIMENSIONS = ("product", "logistics", "shop")
_ABOVE, _LEVEL, _BELOW = 1, 2, 3
#: The category's average and the band around it that counts as level, as shares of the scale.
_AVERAGE = 0.9
_AVERAGE_OF_FIVE = 0.95
_BAND = 0.008
# A bad spell takes up to a tenth of the scale; scores out of five live closer together.
_SPELL = 0.1
_SPELL_OF_FIVE = 0.04
_SPELL_DAYS = (5, 12)


class Score(NamedTuple):
    """A score as the record tells it (a whole number out of 100, or hundredths out of 5) and its gap to the average."""

    value: float
    gap: int


class _Drift(NamedTuple):
    slow: Rhythm
    quick: Rhythm
    spells: Rhythm


class ShopScores:
    """One shop's three scores over time."""

    def __init__(self, chance: Chance, shop: Shop) -> None:
        self._chance = chance
        self._name = shop.shop_id
        self._seller = shop.seller
        self._drifts = {
            dimension: _Drift(
                Rhythm(chance, f"{self._name}/{dimension}/slow", 26 * DAY),
                Rhythm(chance, f"{self._name}/{dimension}/quick", 8 * DAY),
                Rhythm(chance, f"{self._name}/{dimension}/spell", 75 * DAY, 0.6),
            )
            for dimension in DIMENSIONS
        }

    def at(self, now: int) -> dict[str, Score]:
        """The scores at Unix second `now`, by dimension."""
        return {dimension: self._score(dimension, now) for dimension in DIMENSIONS}

    def lasting(self, start: int, end: int) -> Iterator[int]:
        """The moments in (start, end] at which a score may move."""
        for dimension, drift in self._drifts.items():
            for rhythm in (drift.slow, drift.quick):
                yield from (beat.at for beat in rhythm.between(start, end))
            for beat in drift.spells.between(start - _SPELL_DAYS[1] * DAY, end):
                over = beat.at + self._spell_length(dimension, beat.number)
                yield from (moment for moment in (beat.at, over) if start < moment <= end)

    def _score(self, dimension: str, now: int) -> Score:
        five = self._seller.scale == 5
        drift = self._drifts[dimension]
        width = 0.012 if five else 0.03
        share = self._seller.quality + self._chance.between(-width, width, self._name, dimension, "own")
        share += self._swing(drift.slow, width, now) + self._swing(drift.quick, width / 2, now)
        spell = drift.spells.last(now)
        if now < spell.at + self._spell_length(dimension, spell.number):
            share -= self._chance.between(0.5, 1, self._name, dimension, "spell", spell.number) * (
                _SPELL_OF_FIVE if five else _SPELL
            )
        share = min(1.0, share)
        average = _AVERAGE_OF_FIVE if five else _AVERAGE
        gap = _ABOVE if share > average + _BAND else _BELOW if share < average - _BAND else _LEVEL
        return Score(round(share * 5, 2) if five else round(share * 100), gap)

    def _swing(self, rhythm: Rhythm, width: float, now: int) -> float:
        return self._chance.between(-width, width, rhythm.name, rhythm.last(now).number)

    def _spell_length(self, dimension: str, number: int) -> int:
        return round(self._chance.between(*_SPELL_DAYS, self._name, dimension, "length", number) * DAY)
