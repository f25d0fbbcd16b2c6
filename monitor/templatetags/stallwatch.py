"""What the templates need: values in words, times in the user's zone, icons and the small marks that pages share."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from django import template
from django.core.paginator import Page
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext, gettext_noop, ngettext, pgettext

from monitor import clock, formatting
from monitor.dashboard import reasons
from monitor.dashboard.calls import Asked, Calls
from monitor.dashboard.forecast import DAYS_A_MONTH
from monitor.dashboard.history import State
from monitor.dashboard.moves import Move, move
from monitor.dashboard.polling import Failing
from monitor.dashboard.products import OnList
from monitor.dashboard.sales_pace import Pace as SalesPace
from monitor.dashboard.series import Point, sparkline
from monitor.dashboard.shell import MOST_UNREAD
from monitor.dashboard.today import Standing
from monitor.doubts import Doubt
from monitor.models import Alert, Change, Pace, Product, Watch, Watchlist
from monitor.models.changes import FIELD_CHOICES
from monitor.provider.observation import Gap, Status
from monitor.schedule import Limits
from monitor.views.asked_words import used_up_in_words

register = template.Library()

#: The provider's names of the promises that are common enough to have words of their own.
PROMISES = {
    "support_7days_refund": gettext_noop("7-day returns"),
    "pay_for_bad": gettext_noop("damage refunded"),
    "freight_insurance": gettext_noop("return freight insured"),
    "fake_one_pay_ten": gettext_noop("ten times back for a fake"),
    "delivery_48h": gettext_noop("sent within 48 h"),
    "customer_protection": gettext_noop("buyer protection"),
    "shop_qualification": gettext_noop("licensed shop"),
    "platform_announcement": gettext_noop("platform's notice"),
}

SPARK_WIDTH, SPARK_HEIGHT = 360, 60
#: The colours of the tile behind a picture.
TILES = 6
#: The tone and the icon of each status, so that colour is never the only sign.
STATUS_LOOKS = {
    Status.ON_SALE.value: ("good", "circle-check"),
    Status.OFF_SHELF.value: ("warn", "package-off"),
    Status.DELETED.value: ("", "trash"),
    Status.BANNED.value: ("bad", "ban"),
    Status.UNDER_REVIEW.value: ("warn", "hourglass"),
    Status.REJECTED.value: ("bad", "circle-x"),
    Status.APPROVED_WAITING.value: ("warn", "clock"),
    Status.NOT_FOUND.value: ("", "help"),
    Status.ABNORMAL.value: ("bad", "alert-triangle"),
}
GAP_LOOKS = {Gap.ABOVE: ("good", "arrow-up-right"), Gap.BELOW: ("bad", "arrow-down-right"), Gap.LEVEL: ("", "minus")}

register.filter("money", formatting.money)
register.filter("score", formatting.score)
register.filter("one_line", formatting.one_line)
register.filter("percent", formatting.percent)
register.filter("about", reasons.about)
register.filter(used_up_in_words.__name__, used_up_in_words)
register.simple_tag(formatting.space, name="space")
for told in (
    clock.ago,
    clock.day,
    clock.hour,
    clock.lasting,
    clock.microseconds,
    clock.moment,
    clock.spoken,
    clock.to_come,
    clock.unix_moment,
):
    register.filter(told.__name__, told)
register.simple_tag(clock.ago_words)


@register.filter
def grouped(number: int) -> str:
    """A whole number with its thousands apart."""
    return f"{number:,}"


@register.filter
def times(factor: float) -> str:
    """How many times as much, to a tenth: '2', '3.5'."""
    return f"{factor:.1f}".removesuffix(".0")


@register.filter
def duration(value: timedelta | None) -> str:
    return formatting.NOT_TOLD if value is None else formatting.duration(value)


@register.filter
def calls(number: float | Calls) -> str:
    """Calls a day: '240', and 'at least 240' where the schedule may make more of them."""
    if not isinstance(number, Calls):
        return formatting.calls(number)
    told = formatting.calls(number.least)
    return gettext("at least %(calls)s") % {"calls": told} if number.is_open else told


@register.filter
def calls_counted(number: float | Calls) -> int:
    """For the words after it: 1 for one call, 2 for any other number."""
    return formatting.calls_counted(number.least if isinstance(number, Calls) else number)


@register.filter
def calls_short(number: Calls) -> str:
    """The same in a table: '240', '≥ 240'."""
    return ("≥ " if number.is_open else "") + formatting.calls(number.least)


@register.filter
def a_month(calls_a_day: float) -> str:
    """Calls of a month at so many a day."""
    return formatting.calls(calls_a_day * DAYS_A_MONTH)


@register.filter
def share(part: float) -> str:
    """A part of one as a percentage, whole ones from ten on: '12%', '4.3%'."""
    percentage = Decimal(part) * 100
    return formatting.percent(Decimal(round(percentage)) if percentage >= 10 else percentage)


@register.filter
def part_of(part: float, whole: int) -> float:
    return part / whole if whole else 0.0


@register.filter
def every(asked: Asked | Limits | Watchlist) -> str:
    """How products are checked, in words."""
    if isinstance(asked, Limits):
        return formatting.every(asked.latest, is_fixed=asked.is_fixed)
    return formatting.every(asked.interval, is_fixed=asked.pace == Pace.FIXED)


@register.filter
def every_watch(watch: Watch) -> str:
    """How one product is checked, by what its watch says or else its list."""
    pace = watch.pace or watch.watchlist.pace
    return formatting.every(watch.interval or watch.watchlist.interval, is_fixed=pace == Pace.FIXED, is_one=True)


@register.filter
def own_pace(watch: Watch) -> str:
    """What is asked for one product alone, in words; '' where all is as its list has it."""
    hours = {"first": f"{watch.hours_from}:00", "until": f"{watch.hours_until}:00"}
    told = [
        every_watch(watch) if watch.interval or watch.pace else "",
        gettext("at most every %(time)s") % {"time": formatting.duration(watch.soonest)} if watch.soonest else "",
        gettext("from %(first)s until %(until)s in China") % hours if watch.hours_from is not None else "",
        gettext("priority %(priority)s") % {"priority": watch.get_priority_display()} if watch.priority else "",
    ]
    return gettext("; ").join(filter(None, told))


@register.filter
def sold(product: Product | State) -> str:
    """Units sold as the provider rounds them, written as the page's language does."""
    return formatting.sales(product.sales, product.sales_step or 1, get_language() or "en")


@register.filter
def units_a_day(pace: SalesPace) -> str:
    return gettext("%(units)s a day") % {"units": formatting.pace(pace.low, pace.high)}


@register.filter
def last_result(product: Product) -> str:
    """What came of the last check."""
    if product.was_never_found:
        return gettext("never found")
    if n := product.unchanged_checks:
        unchanged = ngettext("unchanged once since %(when)s", "unchanged %(n)s times since %(when)s", n)
        return unchanged % {"n": grouped(n), "when": clock.since(product.changed_at)}
    return gettext("first seen") if product.is_news else gettext("just changed")


@register.filter
def list_names(watches: Iterable[OnList]) -> str:
    """The lists that watch a product."""
    names = [formatting.one_line(watch.watchlist.name) for watch in watches]
    return pgettext("between the items of a list", ", ").join(names)


@register.filter
def change_rate(product: Product) -> str:
    """How many changes a day its checks tell of, sales apart."""
    rate = reasons.rate_of(product)
    return formatting.NOT_TOLD if rate is None else formatting.rate(rate)


@register.filter
def before(change: Change | Alert | Doubt) -> str:
    return _in_words(change.field, change.before)


@register.filter
def after(change: Change | Alert | Doubt) -> str:
    return _in_words(change.field, change.after)


@register.filter
def score_name(field: str) -> str:
    """What one of a shop's three scores is called."""
    return capfirst(str(dict(FIELD_CHOICES)[field]))


@register.filter
def item(mapping: dict[str, Any], key: str) -> Any:
    return mapping[key]


@register.filter
def nearby_pages(page: Page[Any]) -> list[int]:
    """The numbers of the first and the last page and of those around this one; 0 where some are left out."""
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return [number if isinstance(number, int) else 0 for number in numbers]


@register.filter
def pairs(query: str) -> list[tuple[str, str]]:
    """The names and values of a query string, for the hidden fields of a form that keeps them."""
    return parse_qsl(query)


@register.filter
def freight_text(rule: dict[str, Any]) -> str:
    return _in_words("freight", [rule])


@register.filter
def promise_text(promise: str) -> str:
    """A service promise in words; one that is not known is shown as it was told."""
    return gettext(PROMISES[promise]) if promise in PROMISES else promise


@register.filter
def how_many(standing: Standing) -> str:
    """The products that are checked: '48', or '5,000+' where counting stopped."""
    return grouped(standing.checked) + ("+" if standing.watches_more else "")


@register.filter
def unread(count: int) -> str:
    """Unread alerts: '48', or '200+' where counting stopped."""
    return grouped(count) + ("+" if count >= MOST_UNREAD else "")


@register.filter
def seconds_long(length: int) -> str:
    """So many seconds, in their two largest units."""
    return formatting.duration(timedelta(seconds=length))


@register.simple_tag
def advice(group: Failing, for_operator: bool) -> str:
    """What to do about checks that fail in one way, in the words of whoever reads it."""
    return group.advice(for_operator=for_operator)


@register.filter
def status_text(status: str | None) -> str:
    return formatting.field_value("status", status, get_language() or "en")


@register.filter
def number_move(change: Change | Alert) -> Move | None:
    """The move of a price or of sales; of a score the values themselves say enough."""
    if change.field not in ("price", "list_price", "sales"):
        return None
    if type(change.before) is not int or type(change.after) is not int:
        return None
    return move(change.before, change.after)


@register.inclusion_tag("marks.html#icon")
def icon(name: str, size: str = "") -> dict[str, Any]:
    """An icon of the sprite. It says nothing to a screen reader: words stand beside it, or label what holds it."""
    return {"icon": name, "size": size}


@register.inclusion_tag("marks.html#when")
def when(at: datetime | None) -> dict[str, str]:
    """A time as it is said among people, with the exact one in its title."""
    if at is None:
        return {}
    local = timezone.localtime(at)
    return {
        "iso": local.isoformat(timespec="seconds"),
        "exact": f"{local:%Y-%m-%d %H:%M}",
        "ago": clock.ago(at),
    }


@register.inclusion_tag("marks.html#thumb")
def thumb(product: Product, size: str = "", lazy: bool = True) -> dict[str, Any]:
    """The product's first picture over a tile with its first letter, which shows when there is none."""
    return {
        "letter": next((letter for letter in product.title or "" if letter.isalnum()), "#").upper(),
        "tile": str(sum(map(ord, product.num_iid)) % TILES),
        "image": product.image,
        "size": size,
        "lazy": lazy,
    }


@register.filter
def status_look(status: str | None) -> dict[str, str]:
    """What the mark of a status holds."""
    tone, icon = STATUS_LOOKS.get(status or "", ("", "help"))
    return {"tone": tone, "icon": icon, "size": "", "text": _in_words("status", status)}


register.inclusion_tag("marks.html#mark", name="status_mark")(status_look)


@register.inclusion_tag("marks.html#gap")
def gap_mark(gap: int | None) -> dict[str, Any]:
    """A score against its category's average; nothing where it was not compared."""
    if gap not in GAP_LOOKS:
        return {"text": ""}
    tone, icon = GAP_LOOKS[Gap(gap)]
    return {"tone": tone, "icon": icon, "size": "", "text": _in_words("product_gap", gap)}


@register.inclusion_tag("marks.html#unwatched")
def unwatched_mark() -> dict[str, Any]:
    """Of what was watched, and is on none of the reader's lists now."""
    return {}


@register.inclusion_tag("marks.html#move")
def move_mark(move: Move | None) -> dict[str, Any]:
    """By how many percent something rose or fell."""
    return {"move": move}


@register.inclusion_tag("marks.html#spark")
def spark(prices: Sequence[Point], days: int) -> dict[str, str]:
    """Prices of the last `days` as a small line of steps; the last one holds until now."""
    now = timezone.now()
    known = [price for _, price in prices if price is not None]
    if not known:
        return {}
    low, high = min(known), max(known)
    if low == high:
        words = gettext("Price over %(days)s days: always %(price)s")
    else:
        words = gettext("Price over %(days)s days: from %(low)s to %(high)s")
    money = formatting.money(low)
    return {
        "words": words % {"days": days, "price": money, "low": money, "high": formatting.money(high)},
        "path": sparkline(prices, now - timedelta(days=days), now, SPARK_WIDTH, SPARK_HEIGHT),
        "box": f"0 0 {SPARK_WIDTH} {SPARK_HEIGHT}",
    }


def _in_words(field: str, value: Any) -> str:
    return formatting.field_value(field, value, get_language() or "en")
