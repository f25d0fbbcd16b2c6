"""What the templates need: values in words, times in the user's zone, icons and the small marks that pages share."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import parse_qsl

from django import template
from django.core.paginator import Page
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, gettext_noop, ngettext

from monitor import formatting
from monitor.dashboard.moves import Move, move
from monitor.dashboard.polling import Failing
from monitor.dashboard.sales_pace import Pace
from monitor.dashboard.series import Point, sparkline
from monitor.dashboard.today import Standing
from monitor.models import Alert, Change, Product, Rule
from monitor.provider.observation import Gap, Status

register = template.Library()

SPARK_WIDTH, SPARK_HEIGHT = 120, 28
TILES = 6
#: How a status looks: the tone of its mark and its icon, so that colour is never the only sign.
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
UNITS = (timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIELD_ICONS = {
    "price": "coin",
    "list_price": "tag",
    "sku_range": "tag",
    "status": "package",
    "sales": "chart-line",
    "images": "photo",
    "freight": "truck",
    "service_promises": "shield-check",
}

register.filter("money", formatting.money)
register.filter("score", formatting.score)
register.filter("one_line", formatting.one_line)


@register.filter
def grouped(number: int) -> str:
    """A whole number with its thousands apart."""
    return f"{number:,}"


@register.filter
def duration(value: timedelta | None) -> str:
    return formatting.NOT_TOLD if value is None else formatting.duration(value)


@register.filter
def sold(product: Product) -> str:
    """Units sold as the provider rounds them, written as the page's language does."""
    return formatting.sales(product.sales, product.sales_step or 1, get_language() or "en")


@register.filter
def pace_text(pace: Pace) -> str:
    """Units a day, with the doubt that the provider's rounding leaves."""
    return formatting.pace(pace.low, pace.high)


@register.filter
def sales_text(state: Any) -> str:
    return formatting.sales(state.sales, state.sales_step or 1, get_language() or "en")


@register.filter
def before(change: Change | Alert) -> str:
    return formatting.field_value(change.field, change.before, get_language() or "en")


@register.filter
def after(change: Change | Alert) -> str:
    return formatting.field_value(change.field, change.after, get_language() or "en")


@register.filter
def number_move(change: Change | Alert) -> Move | None:
    """The move of a price or of sales; of a score the values themselves say enough."""
    if change.field not in ("price", "list_price", "sales"):
        return None
    if type(change.before) is not int or type(change.after) is not int:
        return None
    return move(change.before, change.after)


@register.filter
def is_long(text: str) -> bool:
    """Too long to stand beside another on one line."""
    return len(text) > 36


@register.filter
def rule_text(alert: Alert) -> str:
    """The rule as it was when it fired."""
    was = alert.rule_as_it_was
    try:
        return str(Rule(kind=was["kind"], threshold=was["threshold"]))
    except (KeyError, TypeError, ValueError):
        return formatting.NOT_TOLD


@register.filter
def reference_text(alert: Alert) -> str:
    """The value that the rule compared with, in the field's unit."""
    return formatting.field_value(alert.field, alert.reference, get_language() or "en")


@register.filter
def field_icon(field: str) -> str:
    return FIELD_ICONS.get(field, "star" if field.endswith(("_score", "_gap", "_scale")) else "pencil")


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
def by_day(alerts: Iterable[Alert]) -> list[dict[str, Any]]:
    """Alerts, in their order, under the days of the user's clock."""
    today = timezone.localdate()
    groups = groupby(alerts, key=lambda alert: timezone.localdate(alert.created_at))
    return [{"label": formatting.day_in_words(at, today), "alerts": list(group)} for at, group in groups]


@register.filter
def ago(when: datetime | None) -> str:
    """How long ago, in its largest unit; the date once it is a month."""
    if when is None:
        return formatting.NOT_TOLD
    minutes = int((timezone.now() - when).total_seconds() // 60)
    if minutes < 1:
        return gettext("just now")
    if minutes < 60:
        return ngettext("%(n)d min ago", "%(n)d min ago", minutes) % {"n": minutes}
    if minutes < 24 * 60:
        return ngettext("%(n)d h ago", "%(n)d h ago", minutes // 60) % {"n": minutes // 60}
    if minutes < 30 * 24 * 60:
        return ngettext("%(n)d day ago", "%(n)d days ago", minutes // 1440) % {"n": minutes // 1440}
    return day(when)


@register.filter
def lasting(since: datetime | None) -> str:
    """How long something has lasted, in its largest unit."""
    if since is None:
        return formatting.NOT_TOLD
    length = timezone.now() - since
    unit = next((unit for unit in UNITS if length >= unit), UNITS[-1])
    return formatting.duration(length // unit * unit)


@register.filter
def since(when: datetime | None) -> str:
    """A moment in the past, as short as it can be: the hour today, the day this year."""
    if when is None:
        return formatting.NOT_TOLD
    then, now = timezone.localtime(when), timezone.localtime()
    if then.date() == now.date():
        return then.strftime("%H:%M")
    return then.strftime("%m-%d" if then.year == now.year else "%Y-%m-%d")


@register.filter
def microseconds(when: datetime) -> int:
    """A moment as a whole number, exact, for a URL."""
    return (when - EPOCH) // timedelta(microseconds=1)


@register.filter
def status_text(status: str | None) -> str:
    return formatting.field_value("status", status, get_language() or "en")


@register.filter
def freight_text(rule: dict[str, Any]) -> str:
    return formatting.field_value("freight", [rule], get_language() or "en")


@register.filter
def promise_text(promise: str) -> str:
    """A service promise in words; one that is not known is shown as it was told."""
    return gettext(PROMISES[promise]) if promise in PROMISES else promise


@register.filter
def moment(when: datetime | None) -> str:
    """Date and time on the user's clock."""
    return formatting.instant(when, timezone.get_current_timezone())


@register.filter
def how_many(standing: Standing) -> str:
    """The products that somebody watches: '48', or '5,000+' where counting stopped."""
    return grouped(standing.watched) + ("+" if standing.watches_more else "")


@register.filter
def to_come(when: datetime | None) -> datetime | None:
    """A time that is still to come; None once it is over."""
    return when if when is not None and when > timezone.now() else None


@register.filter
def spoken(when: datetime) -> str:
    """A time on the user's clock as it is spoken of within a sentence."""
    return formatting.instant_in_words(when, timezone.now(), timezone.get_current_timezone())


@register.filter
def unix_moment(unix_seconds: int) -> str:
    """The date and time of so many seconds, on the user's clock."""
    return moment(EPOCH + timedelta(seconds=unix_seconds))


@register.filter
def seconds_long(length: int) -> str:
    """So many seconds, in their two largest units."""
    return formatting.duration(timedelta(seconds=length))


@register.filter
def day(when: datetime) -> str:
    return timezone.localtime(when).strftime("%Y-%m-%d")


@register.filter
def hour(when: datetime) -> str:
    return timezone.localtime(when).strftime("%H:%M")


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """An icon of the sprite. It says nothing to a screen reader: words stand beside it, or label what holds it."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        f" icon-{size}" if size else "",
        static("icons.svg"),
        name,
    )


@register.simple_tag
def advice(group: Failing, for_operator: bool) -> str:
    """What to do about checks that fail in one way, in the words of whoever reads it."""
    return group.advice(for_operator=for_operator)


@register.inclusion_tag("parts/when.html")
def when(at: datetime | None) -> dict[str, Any]:
    """A time as it is said among people, with the exact one in its title."""
    return {"at": at}


@register.inclusion_tag("parts/thumb.html")
def thumb(product: Product, size: str = "", lazy: bool = True) -> dict[str, Any]:
    """The product's first picture over a tile with its first letter, which shows when there is none."""
    letters = (letter for letter in product.title or "" if letter.isalnum())
    return {
        "image": product.image,
        "letter": next(letters, "#").upper(),
        "tile": sum(map(ord, product.num_iid)) % TILES,
        "size": size,
        "lazy": lazy,
    }


@register.inclusion_tag("parts/status.html")
def status_mark(status: str | None) -> dict[str, Any]:
    tone, name = STATUS_LOOKS.get(status or "", ("", "help"))
    return {"text": formatting.field_value("status", status, get_language() or "en"), "tone": tone, "icon_name": name}


@register.inclusion_tag("parts/gap.html")
def gap_mark(gap: int | None) -> dict[str, Any]:
    """A score against its category's average; nothing where it was not compared."""
    if gap not in GAP_LOOKS:
        return {"text": ""}
    tone, name = GAP_LOOKS[Gap(gap)]
    return {"text": formatting.field_value("product_gap", gap, get_language() or "en"), "tone": tone, "icon_name": name}


@register.inclusion_tag("parts/move.html")
def move_mark(value: Move | None) -> dict[str, Any]:
    return {"move": value, "percent": formatting.percent(value.percent) if value else ""}


@register.inclusion_tag("parts/spark.html")
def spark(prices: list[Point], days: int) -> dict[str, Any]:
    """Prices of the last `days` as a small line of steps; the last one holds until now."""
    now = timezone.now()
    told = [value for _, value in prices if value is not None]
    path = sparkline(prices, now - timedelta(days=days), now, SPARK_WIDTH, SPARK_HEIGHT)
    return {
        "path": path,
        "days": days,
        "lowest": min(told, default=None),
        "highest": max(told, default=None),
        "width": SPARK_WIDTH,
        "height": SPARK_HEIGHT,
    }
