"""How many units of a product were sold by any moment, and how the platform shows that figure."""

from math import exp, log

from monitor.sandbox import festivals
from monitor.sandbox.catalogue import FIRST_LAUNCH_YEAR, PriceHabit, Product, SalesHabit
from monitor.sandbox.chance import Chance
from monitor.sandbox.rhythm import DAY, Rhythm

_TEN_THOUSAND = 10_000
_HUNDRED_MILLION = 100_000_000

#: Units a day, from and to; a product's own rate lies in between.
_RATES = {
    SalesHabit.ASLEEP: (0.0, 0.0),
    SalesHabit.TRICKLE: (0.005, 0.12),
    SalesHabit.MODEST: (0.2, 0.9),
    SalesHabit.STEADY: (2.0, 9.0),
    SalesHabit.POPULAR: (15.0, 90.0),
    SalesHabit.HIT: (150.0, 700.0),
    SalesHabit.HOT: (400.0, 1500.0),
    SalesHabit.AUDITED: (3.0, 9.0),
    SalesHabit.HIDDEN: (5.0, 60.0),
}
#: Habits whose figure is told to the last unit, as a number.
_EXACT = frozenset({SalesHabit.HOT, SalesHabit.AUDITED})
# What share of a day's orders comes in each hour: hardly any at night, most of them during the evening's live streams.
_HOURS = (2, 1, 1, 1, 1, 1, 2, 3, 4, 5, 6, 6, 6, 5, 5, 5, 5, 5, 6, 8, 10, 9, 7, 4)
_SO_FAR = tuple(sum(_HOURS[:hour]) for hour in range(25))
#: A great sale sells this many ordinary days' worth on top.
_FESTIVAL_DAYS = 5.0
_STRUCK_OUT = 0.15


def shown(units: int) -> str:
    """`units` as the platform writes it: '5', '832', '4000+', '1.3万+', '10万+', rounded down."""
    if units < 1000:
        return str(units)
    if units < _TEN_THOUSAND:
        return f"{units // 1000}000+"
    unit, name = (_TEN_THOUSAND, "万") if units < _HUNDRED_MILLION else (_HUNDRED_MILLION, "亿")
    if units >= 10 * unit:
        return f"{units // unit}{name}+"
    whole, tenths = divmod(units * 10 // unit, 10)
    return f"{whole}.{tenths}{name}+" if tenths else f"{whole}{name}+"


def _share_of_day(hour: float) -> float:
    """The share of a day's orders that has come in by `hour`."""
    whole = int(hour)
    return (_SO_FAR[whole] + _HOURS[whole] * (hour - whole)) / _SO_FAR[-1]


class SalesCurve:
    """One product's units sold over time. They never fall, but for the products whose sales are audited."""

    def __init__(self, chance: Chance, product: Product) -> None:
        self._chance = chance
        self._name = product.num_iid
        self._habit = product.sales_habit
        low, high = _RATES[self._habit]
        self._rate = exp(chance.between(log(low), log(high), self._name, "rate")) if low else 0.0
        self._first_day = festivals.day_of(product.launched)
        self._start = chance.pick((0, 2, 5, 17, 43, 260), self._name, "start") if not self._rate else 0
        self._uplift = 0.0 if product.price_habit is PriceHabit.STILL else self._rate * _FESTIVAL_DAYS
        audited = self._habit is SalesHabit.AUDITED
        self._audits = Rhythm(chance, f"{self._name}/audit", 40 * DAY) if audited else None

    def units(self, now: int) -> int:
        """Units sold up to Unix second `now`."""
        sold = self._ordered(now)
        if self._audits:
            # At every audit the platform strikes out a share of what was ordered up to then: the figure falls.
            sold -= _STRUCK_OUT * self._ordered(self._audits.last(now).at)
        return int(sold)

    def shown(self, now: int) -> str | int:
        """The figure in the record: text, a whole number for some products, '' where the seller hides it."""
        if self._habit is SalesHabit.HIDDEN:
            return ""
        units = self.units(now)
        return units if self._habit in _EXACT else shown(units)

    @property
    def hidden(self) -> bool:
        """Whether the seller hides the figure."""
        return self._habit is SalesHabit.HIDDEN

    def _ordered(self, now: int) -> float:
        day = festivals.day_of(now)
        if not self._rate or day < self._first_day:
            return float(self._start)
        today, tomorrow = self._by_day(day), self._by_day(day + 1)
        plain = today + (tomorrow - today) * _share_of_day(festivals.hour_of(now))
        return plain + self._uplift * max(0.0, festivals.festivals_so_far(FIRST_LAUNCH_YEAR, now))

    def _by_day(self, day: int) -> float:
        # Good and bad days: a midnight is moved by less than half a day's sales, so no day sells less than nothing.
        return self._rate * (day - self._first_day + 0.45 * self._chance.unit(self._name, "day", day))
