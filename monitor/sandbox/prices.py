"""What a product costs at any moment: steps of its usual price, and promotions that end where they began."""

from collections.abc import Iterator
from typing import NamedTuple

from monitor.sandbox import festivals
from monitor.sandbox.catalogue import Edit, PriceHabit, Product
from monitor.sandbox.chance import Chance
from monitor.sandbox.rhythm import DAY, HOUR, MINUTE, Rhythm, within

_STEP_PERIODS = {
    PriceHabit.SEASONAL: (45 * DAY, 0.8),
    PriceHabit.STEPPING: (9 * DAY, 0.8),
    PriceHabit.HOURLY: (HOUR, 0.6),
    # Two to four minutes between steps.
    PriceHabit.FLASH: (3 * MINUTE, 1 / 3),
}
_RESTLESS = frozenset({PriceHabit.HOURLY, PriceHabit.FLASH})
# Even and odd steps take from different levels, so that every step is a change.
_LEVELS = ((100, 95, 105), (92, 88, 109, 85))
# Restless prices undercut a rival little by little, then jump back: a price war's saw-tooth.
_UNDERCUT = 0.012
_MORNING_SALE = (10, 12)
_MORNING_SHARE = 0.45
_WEEKEND_SHARE = 0.7
_FESTIVAL_SHARE = 0.75


class Prices(NamedTuple):
    """All in fen. The selling price is the cheapest variant's."""

    price: int
    list_price: int
    sku_min: int
    sku_max: int


class PriceCurve:
    """One product's prices over time."""

    def __init__(self, chance: Chance, product: Product) -> None:
        self._chance = chance
        self._product = product
        self._name = product.num_iid
        self._habit = product.price_habit
        step = _STEP_PERIODS.get(self._habit)
        self._steps = Rhythm(chance, f"{self._name}/price", *step) if step else None
        relists = Edit.LIST_PRICE in product.edits
        self._relistings = Rhythm(chance, f"{self._name}/list", 50 * DAY) if relists else None
        self._tooth = 9 + chance.whole(8, self._name, "tooth")

    def at(self, now: int) -> Prices:
        """The prices at Unix second `now`."""
        product = self._product
        price = self._rounded(product.base_price * self._level(now) * self._promotion(now))
        dearest = self._rounded(price * product.sku_percent / 100) if product.sku_percent > 100 else price
        percent = product.list_percent
        if self._relistings and self._relistings.last(now).number % 2:
            percent += 20
        list_price = self._rounded(product.base_price * percent / 100)
        return Prices(price, list_price, price, max(price, dearest))

    def lasting(self, start: int, end: int) -> Iterator[int]:
        """The moments in (start, end] at which a price may step for a good while."""
        if self._steps and self._habit not in _RESTLESS:
            yield from (beat.at for beat in self._steps.between(start, end))
        if self._relistings:
            yield from (beat.at for beat in self._relistings.between(start, end))
        for festival in festivals.festivals_between(start, end):
            yield from within(start, end, festival[1:])
        for day in range(festivals.day_of(start), festivals.day_of(end) + 1):
            yield from within(start, end, self._day_edges(day))

    def restless(self, start: int, end: int) -> Iterator[int]:
        """The moments in (start, end] at which a price that never rests steps."""
        if self._steps and self._habit in _RESTLESS:
            yield from (beat.at for beat in self._steps.between(start, end))

    def _day_edges(self, day: int) -> Iterator[int]:
        midnight = festivals.start_of(day)
        if self._habit is PriceHabit.MORNING and self._has_morning_sale(day):
            yield from (midnight + hour * HOUR for hour in _MORNING_SALE)
        if self._habit is PriceHabit.WEEKEND and festivals.weekday_of(day) in {0, festivals.SATURDAY}:
            yield midnight

    def _level(self, now: int) -> float:
        if self._steps is None:
            return 1.0
        step = self._steps.last(now).number
        if self._habit in _RESTLESS:
            return 1 - _UNDERCUT * (step % self._tooth)
        return self._chance.pick(_LEVELS[step % 2], self._name, "level", step) / 100

    def _promotion(self, now: int) -> float:
        """The share of the usual price that is asked; the best of the promotions that are on."""
        if self._habit is PriceHabit.STILL:
            return 1.0
        shares = [1.0]
        festival = festivals.festival_at(now)
        if festival and self._chance.unit(self._name, festival.name) < _FESTIVAL_SHARE:
            shares.append(self._chance.pick((0.88, 0.85, 0.8, 0.75), self._name, festival.name, "share"))
        day = festivals.day_of(now)
        if self._habit is PriceHabit.WEEKEND and self._has_weekend_sale(day):
            shares.append(self._chance.pick((0.92, 0.9, 0.85), self._name, "weekend"))
        morning = _MORNING_SALE[0] <= festivals.hour_of(now) < _MORNING_SALE[1]
        if self._habit is PriceHabit.MORNING and morning and self._has_morning_sale(day):
            shares.append(self._chance.pick((0.8, 0.75, 0.7), self._name, "morning"))
        return min(shares)

    def _has_weekend_sale(self, day: int) -> bool:
        weekday = festivals.weekday_of(day)
        monday = day - weekday
        return weekday >= festivals.SATURDAY and self._chance.unit(self._name, "weekend", monday) < _WEEKEND_SHARE

    def _has_morning_sale(self, day: int) -> bool:
        return self._chance.unit(self._name, "morning", day) < _MORNING_SHARE

    def _rounded(self, fen: float) -> int:
        """A price as shops write them: whole yuan ending in the product's own way, or tens of fen for small ones."""
        if self._habit in _RESTLESS or fen < 2000:
            return max(10, round(fen / 10) * 10)
        return int(fen) // 100 * 100 + self._product.base_price % 100
