"""The columns of the products table: what each says of a product, as HTML."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext, pgettext

from monitor import formatting
from monitor.clock import lasting, since, spoken
from monitor.dashboard import reasons
from monitor.dashboard.products import ProductRow
from monitor.marks import icon, move_mark, spark, status_mark, when
from monitor.markup import markup
from monitor.models import Product

TREND_DAYS = 30


@dataclass(frozen=True, slots=True)
class Column:
    """How a column looks. `sort`: the order that its head asks for. `is_plain`: its cells need no label, even where
    the window is too narrow for heads.
    """

    write: Callable[[ProductRow], SafeString | str]
    css: str
    head_css: str = ""
    sort: str = ""
    is_plain: bool = False


def names_of_lists(row: ProductRow) -> str:
    """The lists, of those shown, that watch the product."""
    names = [formatting.one_line(watch.watchlist.name) for watch in row.watches]
    return pgettext("between the items of a list", ", ").join(names)


def _price(row: ProductRow) -> SafeString:
    price, list_price = row.product.current_price, row.product.list_price
    now = markup('<span class="price-now">{}</span>', formatting.money(price))
    if not list_price or price is None or list_price <= price:
        return now
    return markup(
        '{}<br><span class="price-list"><span class="visually-hidden">{} </span>{}</span>',
        now,
        gettext("list price"),
        formatting.money(list_price),
    )


def _sold(row: ProductRow) -> SafeString | str:
    product, pace = row.product, row.trend.pace
    sold = formatting.sales(product.sales, product.sales_step or 1, get_language() or "en")
    if pace is None:
        return sold
    a_day = gettext("%(units)s a day") % {"units": formatting.pace(pace.low, pace.high)}
    return markup('{}<br><span class="quiet small">{}</span>', sold, a_day)


def _checked(row: ProductRow) -> SafeString:
    """When the last check was and what came of it; of checks that fail, since when and how."""
    product = row.product
    if product.failing_since and not row.is_paused:
        lasts = gettext("failing for %(time)s") % {"time": lasting(product.failing_since)}
        first = markup('<span class="mark bad">{}{}</span>', icon("alert-triangle"), lasts)
        return _two_lines(first, product.failure)
    paused = gettext("paused") if row.is_paused else ""
    if not product.checked_at:
        return markup('<span class="quiet">{}</span>', paused or gettext("first check to come"))
    resting = markup('<span class="mark">{}{}</span>', icon("player-pause"), paused)
    return _two_lines(resting if paused else when(product.checked_at), _what_came_of_it(product))


def _what_came_of_it(product: Product) -> str:
    if product.was_never_found:
        return gettext("never found")
    if n := product.unchanged_checks:
        told = ngettext("unchanged once since %(when)s", "unchanged %(n)s times since %(when)s", n)
        return told % {"n": f"{n:,}", "when": since(product.changed_at)}
    return gettext("first seen") if product.is_news else gettext("just changed")


def _two_lines(first: SafeString, second: str) -> SafeString:
    return markup('{}<br><span class="quiet">{}</span>', first, second)


def _changed(row: ProductRow) -> SafeString:
    if row.product.is_news:
        return markup('<span class="quiet">{}</span>', gettext("first seen"))
    return when(row.product.changed_at)


def _interval(row: ProductRow) -> str:
    limits = row.product.limits
    if limits is None:
        return formatting.NOT_TOLD
    longest = formatting.duration(limits.latest)
    return longest if limits.is_fixed else gettext("up to %(interval)s") % {"interval": longest}


def _rate(row: ProductRow) -> str:
    """How many changes a day its checks tell of, sales apart."""
    rate = reasons.rate_of(row.product)
    return formatting.NOT_TOLD if rate is None else formatting.rate(rate)


def _next(row: ProductRow) -> SafeString | str:
    due_at = row.product.next_check_at
    if row.is_claimed:
        return pgettext("of a check", "under way")
    if due_at is None:
        return markup('<span class="quiet">{}</span>', gettext("paused"))
    return spoken(due_at) if due_at > timezone.now() else pgettext("of a check", "due")


#: In their order; their names are those that the filters know.
COLUMNS: Mapping[str, Column] = {
    "price": Column(_price, "end price", "end", "price"),
    "trend": Column(lambda row: spark(row.trend.prices, TREND_DAYS), "trend", "trend"),
    "day": Column(lambda row: move_mark(row.trend.day), "end day", "end", "day"),
    "week": Column(lambda row: move_mark(row.trend.week), "end week", "end", "week"),
    "sold": Column(_sold, "end num sold two", "end", "sales"),
    "status": Column(lambda row: status_mark(row.product.displayed_status), "state", sort="status", is_plain=True),
    "checked": Column(_checked, "small two check", sort="checked", is_plain=True),
    "changed": Column(_changed, "small num", sort="changed"),
    "interval": Column(_interval, "small num", sort="interval"),
    "rate": Column(_rate, "end small num", "end"),
    "next": Column(_next, "small num"),
    "lists": Column(names_of_lists, "small lists"),
}
