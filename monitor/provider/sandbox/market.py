"""A product's prices and sales at any moment: price steps, promotions, the festivals of the year,
and orders by the hour of the day."""

from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from monitor.provider.sandbox.catalogue import FIRST_YEAR, PriceHabit, SandboxProduct
from monitor.provider.sandbox.chance import DAY, HOUR, MINUTE, between, draw, pick, spell, turn

BEIJING = timezone(timedelta(hours=8))
#: Begin and end of the shopping festivals of each year, as month, day and hour.
FESTIVALS = (
    ((1, 8, 0), (1, 13, 0)),
    ((3, 4, 20), (3, 9, 0)),
    ((6, 15, 20), (6, 21, 0)),
    ((8, 16, 20), (8, 20, 0)),
    ((11, 8, 20), (11, 13, 0)),
    ((12, 10, 20), (12, 14, 0)),
)
STEP_SECONDS = {
    PriceHabit.SEASONAL: 45 * DAY,
    PriceHabit.STEPPING: 9 * DAY,
    PriceHabit.UNDERCUTTING: 3 * DAY,
    PriceHabit.RESTLESS: 3 * MINUTE,
}
# In percent of the usual price. Even and odd steps take from different levels, so that every step
# is a change.
LEVELS = ((100, 95, 105), (92, 88, 109, 85))
# In a price war each step undercuts the rival, and the last one jumps back.
UNDERCUT_PERCENT, UNDERCUTS = 3, 8
FRIDAY, MORNING_HOURS = 5, range(10, 12)
#: The relative number of orders in each hour: few at night, most during the live streams in the
#: evening.
HOURS = (2, 1, 1, 1, 1, 1, 2, 3, 4, 5, 6, 6, 6, 5, 5, 5, 5, 5, 6, 8, 10, 9, 7, 4)
#: The share of sales that the platform strikes out while it audits a product.
STRUCK_OUT = 0.15


class Prices(NamedTuple):
    """All in fen. The selling price is the cheapest variant's."""

    price: int
    list_price: int
    dearest: int


def prices_at(product: SandboxProduct, now: int) -> Prices:
    """Return the prices at Unix second `now`."""
    price = _rounded(
        product,
        product.base_price * _level_percent(product, now) * _promotion_percent(product, now) / 1e4,
    )
    list_price = _rounded(product, product.base_price * product.list_percent / 100)
    return Prices(
        price, list_price, max(price, _rounded(product, price * product.sku_percent / 100))
    )


def _level_percent(product: SandboxProduct, now: int) -> float:
    period = STEP_SECONDS.get(product.price_habit)
    if period is None:
        return 100
    step = turn(period, now, product.num_iid, "step")
    if product.price_habit is PriceHabit.UNDERCUTTING:
        return 100 - UNDERCUT_PERCENT * (step % UNDERCUTS)
    return pick(LEVELS[step % 2], product.num_iid, "level", step)


def _promotion_percent(product: SandboxProduct, now: int) -> int:
    """Return the price in percent of the usual one, by the best of the current promotions."""
    num_iid, habit = product.num_iid, product.price_habit
    if habit is PriceHabit.STILL:
        return 100
    beijing = datetime.fromtimestamp(now, BEIJING)
    festival = festival_at(beijing)
    is_weekend = habit is PriceHabit.WEEKEND and beijing.isoweekday() > FRIDAY
    is_morning = habit is PriceHabit.MORNING and beijing.hour in MORNING_HOURS
    # Name, whether it is on, which occasion it is, the share of occasions that products join, and
    # their prices then.
    promotions = (
        ("festival", festival is not None, festival, 0.75, (88, 85, 80, 75)),
        ("weekend", is_weekend, beijing.isocalendar().week, 0.7, (92, 90, 85)),
        ("morning", is_morning, beijing.toordinal(), 0.35, (80, 75, 70)),
    )
    return min(
        pick(percents, num_iid, name, "percent")
        if is_on and draw(num_iid, name, occasion) < share
        else 100
        for name, is_on, occasion, share, percents in promotions
    )


def festival_at(moment: datetime) -> int | None:
    """Return the number of the festival at a time in Beijing, counted from `FIRST_YEAR`, or
    None."""
    hour = (moment.month, moment.day, moment.hour)
    number = next(
        (number for number, (begin, end) in enumerate(FESTIVALS) if begin <= hour < end), None
    )
    return None if number is None else len(FESTIVALS) * (moment.year - FIRST_YEAR) + number


def _rounded(product: SandboxProduct, fen: float) -> int:
    """Return a price as shops write it: whole yuan plus the product's own fen, or tens of fen for
    low prices."""
    if fen < 2000:
        return max(10, round(fen / 10) * 10)
    return int(fen) // 100 * 100 + product.base_price % 100


def units_sold(product: SandboxProduct, now: int) -> int:
    """Return the units sold up to Unix second `now`. The number falls only for products that the
    platform audits."""
    habit, num_iid = product.sales_habit, product.num_iid
    if not habit.a_day:
        return pick((0, 2, 5, 17, 43, 260), num_iid, "sold")
    day, second = divmod(now + 8 * HOUR, DAY)
    hour, rest = divmod(second, HOUR)
    # Good and bad days: the sales up to the begin of each day vary by less than half of a day's
    # sales.
    today, tomorrow = (number + 0.45 * draw(num_iid, "day", number) for number in (day, day + 1))
    share = (sum(HOURS[:hour]) + HOURS[hour] * rest / HOUR) / sum(HOURS)
    days = today + (tomorrow - today) * share - product.launched / DAY
    sold = max(0.0, days) * habit.a_day * between(0.6, 1.6, num_iid, "sales")
    if habit.is_audited and spell(40 * DAY, 4 * DAY, 12 * DAY, now, num_iid, "audit") is not None:
        sold *= 1 - STRUCK_OUT
    return int(sold)


def shown_sales(product: SandboxProduct, units: int) -> str | int:
    """Return the sales in the record: a whole number, '' if the seller hides it, or '832', '4000+',
    '1.3万+'."""
    if product.sales_habit.is_hidden:
        return ""
    if product.sales_habit.is_exact:
        return units
    if units < 1000:
        return str(units)
    if units < 10_000:
        return f"{units // 1000}000+"
    return f"{units // 1000 / 10:g}万+" if units < 100_000 else f"{units // 10_000}万+"
