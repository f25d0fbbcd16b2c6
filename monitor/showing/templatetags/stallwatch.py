"""The templates' filters and tags: values in words, times in the user's zone, icons and small
marks.

Marks of which a page has a hundred are made by `format_html`: as templates of their own they were a
tenth of the CPU of a page of 50 products (8.9 bare pages instead of 7.6)."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, partial
from typing import Any
from urllib.parse import parse_qsl

from django import template
from django.conf import settings
from django.core.paginator import Page
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from monitor.judging.schedule.limits import Limits
from monitor.models import Change, Pace, Product, Watchlist
from monitor.polling.planning.calls import Calls
from monitor.polling.planning.forecast import DAYS_A_MONTH
from monitor.polling.recording.sold_together import SoldTogether
from monitor.provider.observation import Gap, Status
from monitor.provider.text import INVENTED_PICTURES
from monitor.showing.history.facts import extremes
from monitor.showing.history.moves import Move, move
from monitor.showing.history.reads import ToldState
from monitor.showing.history.series import IndexPoint, Point, sparkline
from monitor.showing.reads.frame import MOST_UNREAD
from monitor.showing.reads.sold import Sold, of_how_many, units_in_words
from monitor.showing.reads.words import (
    after,
    before,
    every_watch,
    freight_text,
    headline,
    own_pace,
    path,
    promise_text,
    score_name,
    used_up_in_words,
    value_in_words,
)
from monitor.text import clock, formatting

register = template.Library()


SPARK_WIDTH, SPARK_HEIGHT = 360, 60
#: What stands for a line that has no value.
UNTOLD = mark_safe(f'<span class="quiet">{formatting.NOT_TOLD}</span>')  # noqa: S308
LAZY = mark_safe(' loading="lazy"')
#: The number of colours of the tile behind a picture.
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
TAG_OR_LINE_BREAK = re.compile(r"(<[^>]*>)|\s*\n\s*")
GAP_LOOKS = {
    Gap.ABOVE: ("good", "arrow-up-right"),
    Gap.BELOW: ("bad", "arrow-down-right"),
    Gap.LEVEL: ("", "minus"),
}

FILTERS: tuple[Callable[..., object], ...] = (
    *(
        every_watch,
        own_pace,
        before,
        after,
        headline,
        path,
        score_name,
        freight_text,
        promise_text,
        used_up_in_words,
    ),
    *(
        formatting.money,
        formatting.money_range,
        formatting.about,
        formatting.score,
        formatting.one_line,
    ),
    *(
        formatting.percent,
        formatting.signed_percent,
        formatting.revenue,
        formatting.score_difference,
    ),
    *(
        clock.day,
        clock.lasting,
        clock.microseconds,
        clock.moment,
        clock.spoken,
        clock.to_come,
    ),
    *(clock.unix_moment, clock.unix_day),
)
for function in FILTERS:
    register.filter(function)
register.filter("of_how_many", of_how_many)
register.filter("status_text", partial(value_in_words, "status"))
# The names and values of a query string, for hidden fields of a form.
register.filter("pairs", parse_qsl)
register.simple_tag(formatting.space)
register.simple_tag(clock.ago_words)


@register.simple_block_tag
def prose(content: str) -> SafeString:
    """Join sentences, one a line: Chinese writes nothing between them where English writes a
    space."""
    space = formatting.space()
    # The template has escaped the values in `content` already; only white space is replaced here.
    return mark_safe(TAG_OR_LINE_BREAK.sub(lambda match: match[1] or space, content.strip()))  # noqa: S308


@register.filter
def grouped(number: int) -> str:
    """Return a whole number with thousands separators."""
    return f"{number:,}"


@register.filter
def duration(value: timedelta | None) -> str:
    return formatting.NOT_TOLD if value is None else formatting.duration(value)


@register.filter
def calls(number: float | Calls) -> str:
    """Return calls a day: '240', or 'at least 240' if the schedule may make more."""
    if not isinstance(number, Calls):
        return formatting.calls(number)
    least = formatting.calls(number.least)
    return gettext("at least %(calls)s") % {"calls": least} if number.is_open else least


@register.filter
def calls_counted(number: float | Calls) -> int:
    """Return the number for the plural of 'calls': 1 for one call, 2 for any other number."""
    return formatting.calls_counted(number.least if isinstance(number, Calls) else number)


@register.filter
def calls_short(number: Calls) -> str:
    """Return calls a day for a table: '240', '≥ 240'."""
    return ("≥ " if number.is_open else "") + formatting.calls(number.least)


@register.filter
def a_month(calls_a_day: float) -> str:
    """Return the calls of a month."""
    return formatting.calls(calls_a_day * DAYS_A_MONTH)


@register.filter
def yuan(calls: float, days: int = 1) -> str:
    """Return what this many calls a day cost in `days` days; '' if no price of a call is set."""
    price = settings.PROVIDER_CALL_PRICE
    return formatting.money(round(calls * days * price * 100)) if price else ""


@register.filter
def share(part: float) -> str:
    """Return a share as a percentage, with a decimal below ten: '12%', '4.3%'."""
    percentage = Decimal(part) * 100
    return formatting.percent(Decimal(round(percentage)) if percentage >= 10 else percentage)


@register.filter
def part_of(part: float, whole: int) -> float:
    return part / whole if whole else 0.0


@register.filter
def index_number(percent: float | None) -> str:
    """Write a price index with one decimal."""
    if percent is None:
        return formatting.NOT_TOLD
    return f"{Decimal(str(percent)).quantize(Decimal('0.1'), ROUND_HALF_UP):,}"


@register.filter
def every(asked: Limits | Watchlist) -> str:
    """Return how products are checked, in words."""
    if isinstance(asked, Limits):
        return formatting.every(asked.latest, is_fixed=asked.is_fixed)
    return formatting.every(asked.interval, is_fixed=asked.pace == Pace.FIXED)


@register.filter
def sold(product: Product | ToldState) -> str:
    """Return the units sold, rounded as the provider rounds them, in the page's language."""
    return formatting.sales(product.sales, product.sales_step or 1, get_language() or "en")


@register.filter
def units(pace: Sold) -> str:
    """Return '≈370'; '' if nothing is known."""
    return units_in_words(pace, formatting.units)


@register.filter
def units_range(pace: Sold) -> str:
    """Return the range of an estimate: '320–420 a day'; '' without one."""
    if pace.units is None or pace.units_low is None or pace.units_high is None:
        return ""
    return formatting.units_range(pace.units_low, pace.units_high)


@register.filter
def change_rate(product: Product) -> str:
    """Return the number of changes a day, without sales."""
    rate = product.shown_rate
    return formatting.NOT_TOLD if rate is None else formatting.rate(rate)


@register.filter
def item(mapping: dict[str, Any], key: str) -> Any:
    return mapping[key]


@register.filter
def nearby_pages(page: Page[Any]) -> list[int]:
    """Return the numbers of the first, the last and the nearby pages; 0 for a gap."""
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return [number if isinstance(number, int) else 0 for number in numbers]


@register.filter
def unread(count: int) -> str:
    """Unread alerts: '48', or '200+' where counting stopped."""
    return grouped(count) + ("+" if count >= MOST_UNREAD else "")


@register.filter
def seconds_long(length: int) -> str:
    """Return a number of seconds, in its two largest units."""
    return formatting.duration(timedelta(seconds=length))


@register.filter
def number_move(change: Change) -> Move | None:
    """Return the change of a price or of sales in percent; scores need none."""
    return (
        move(change.before, change.after)
        if change.field in ("price", "list_price", "sales")
        else None
    )


@cache
def _sprite() -> str:
    """Return the address of the icons. A page has a hundred of them: it is looked up once."""
    return static("icons.svg")


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """Return an icon of the sprite. Screen readers skip it: there is text beside it, or a label
    around it."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="{}#{}" /></svg>',
        f" icon-{size}" if size else "",
        _sprite(),
        name,
    )


@register.simple_tag
def when(at: datetime | None) -> str:
    """Return a relative time, with the exact one in its title."""
    if at is None:
        return formatting.NOT_TOLD
    local = timezone.localtime(at)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        f"{local:%Y-%m-%d %H:%M}",
        clock.ago(at),
    )


@register.simple_tag
def thumb(product: Product, size: str = "", lazy: bool = True) -> SafeString:
    """Return the product's first picture; without one, a tile with its first letter."""
    letter = next((letter for letter in product.title or "" if letter.isalnum()), "#").upper()
    image = _picture(product)
    picture = format_html(
        '<img src="{}" alt="" referrerpolicy="no-referrer" decoding="async"{} data-letter="{}"'
        " data-picture>",
        image,
        LAZY if lazy else "",
        letter,
    )
    return format_html(
        '<span class="thumb tile-{}{}" aria-hidden="true">{}{}</span>',
        sum(map(ord, product.num_iid)) % TILES,
        f" thumb-{size}" if size else "",
        letter,
        picture if image else "",
    )


def _picture(product: Product) -> str:
    """Return the address of the picture. The invented products of the sandbox have pictures of its
    own."""
    if settings.PROVIDER_SANDBOX and product.image.startswith(INVENTED_PICTURES):
        return reverse("sandbox-picture", args=[int(product.num_iid)])
    return product.image


@register.simple_tag
def status_mark(status: str | None) -> SafeString:
    """Return a status with its icon."""
    return _mark(*STATUS_LOOKS.get(status or "", ("", "help")), value_in_words("status", status))


@register.simple_tag
def gap_mark(gap: int | None) -> SafeString | str:
    """Return a score against its category's average; empty if it was not compared."""
    if gap not in GAP_LOOKS:
        return ""
    return _mark(*GAP_LOOKS[Gap(gap)], value_in_words("product_gap", gap))


def _mark(tone: str, icon_name: str, text: str) -> SafeString:
    return format_html('<span class="mark {}">{}{}</span>', tone, icon(icon_name), text)


@register.filter
def signed(move: Move) -> str:
    """Return the difference of two prices with its sign."""
    return ("+" if move.after > move.before else "−") + formatting.money(move.difference)


@register.inclusion_tag("marks.html#move")
def move_mark(move: Move | None) -> dict[str, Any]:
    """Return the percentage by which a value rose or fell."""
    return {"move": move}


@register.inclusion_tag("marks.html#sold_a_day")
def sold_a_day(product: Product | SoldTogether) -> dict[str, str]:
    """Return the estimated units and revenue a day, with the range of the units in their title; of
    a sum also of how many products it is."""
    return {
        "of": of_how_many(product.known, product.products)
        if isinstance(product, SoldTogether)
        else "",
        "units": units_in_words(product),
        "range": units_range(product),
        "revenue": "" if product.revenue is None else formatting.revenue(product.revenue),
    }


@register.simple_tag
def spark(prices: Sequence[Point], days: int) -> str:
    """Return a small step line of the prices of the last `days`; the last price holds until now."""
    low, high = extremes(price for _, price in prices)
    if low is None:
        return UNTOLD
    if low == high:
        words = gettext("Price over %(days)s days: always %(price)s")
    else:
        words = gettext("Price over %(days)s days: from %(low)s to %(high)s")
    money = formatting.money(low)
    return _step_line(
        prices,
        days,
        words % {"days": days, "price": money, "low": money, "high": formatting.money(high)},
    )


@register.simple_tag
def index_spark(line: Sequence[IndexPoint]) -> str:
    """Return a small line of a price index over 30 days; a dash before it was known twice."""
    known = [(at, index) for at, index in line if index is not None]
    if len(known) < 2:
        return UNTOLD
    words = gettext("Price index over %(days)s days: from %(first)s to %(last)s")
    (_, first), *_, (_, last) = known
    ends = {"days": DAYS_A_MONTH, "first": index_number(first), "last": index_number(last)}
    return _step_line(known, DAYS_A_MONTH, words % ends)


def _step_line(points: Sequence[IndexPoint], days: int, words: str) -> str:
    now = timezone.now()
    path = sparkline(points, now - timedelta(days=days), now, SPARK_WIDTH, SPARK_HEIGHT)
    return format_html(
        '<svg class="spark" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img"'
        ' aria-label="{}"><path d="{}" /></svg>',
        SPARK_WIDTH,
        SPARK_HEIGHT,
        words,
        path,
    )
