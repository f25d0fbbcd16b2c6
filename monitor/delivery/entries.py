"""What an e-mail tells, in the active language: one entry for each thing that happened, the most important first."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo
from decimal import Decimal

from django.utils.text import capfirst
from django.utils.translation import get_language, gettext, pgettext

from monitor.changes import SCORE_FIELDS, Json
from monitor.delivery.links import link
from monitor.delivery.report.sparkline import DAYS, Sparkline
from monitor.models import Alert, Product, Shop
from monitor.models.changes import FIELD_CHOICES
from monitor.provider.observation import Status
from monitor.provider.text import image_url
from monitor.rules import COUNTING_KINDS
from monitor.text import formatting
from monitor.text.formatting import one_line, without_web_addresses
from monitor.timing.plans import is_urgent

LONGEST_NAME = 120
LONGEST_VALUE = 200
PRICE_FIELDS = frozenset({"price", "list_price"})
#: Beside these the line of the price belongs.
_DRAWN = PRICE_FIELDS | {"sku_range"}
#: Of what fired again and again, the last values that are told.
_MOMENTS = 6
_FIELD_WORDS = dict(FIELD_CHOICES)
_WEIGHTS = {"status": 3, "price": 2, **dict.fromkeys(SCORE_FIELDS, 1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailEntry:
    """One thing that happened, ready to be shown as plain text.

    `move` says by how much a number moved, or is ''. `tone` is 'rise' or 'fall' of a price or of sales, 'bad' or 'good'
    of a status or a score, or ''. `product` is a key, `values` are those of `field`, before and after, as they are
    stored. `facts` are labels with their values, `rules` are rules in words with where they can be changed: both of
    what is told in full alone.
    """

    headline: str
    name: str
    before: str
    after: str
    move: str
    tone: str
    link: str
    about: str
    picture: str
    sparkline: Sparkline | None
    product: int | None
    field: str
    values: tuple[Json, Json]
    is_number: bool
    weight: tuple[bool, int, bool, Decimal, int]
    facts: tuple[tuple[str, str], ...] = ()
    rules: tuple[tuple[str, str], ...] = ()


def entries(
    alerts: Iterable[Alert], zone: tzinfo, lines: Mapping[int, Sparkline | None], full: int | None = None
) -> list[MailEntry]:
    """One entry for each change that `alerts` speak of, however many rules and lists it concerns.

    `lines` are of products, by their keys. Of the entries `full` are told in full, unless all are.
    """
    groups: dict[object, list[Alert]] = {}
    for alert in alerts:
        same = alert.change_id or _without_change(alert)
        groups.setdefault(same, []).append(alert)
    told = [(_entry(alert := _first(group), group, lines), alert, group) for group in groups.values()]
    told.sort(key=lambda one: one[0].weight, reverse=True)
    whole = [
        replace(entry, facts=tuple(_facts(alert, group, zone, entry.sparkline)), rules=_rules(group))
        for entry, alert, group in told[:full]
    ]
    return whole + [entry for entry, _, _ in told[len(whole) :]]


def _without_change(alert: Alert) -> object:
    """What tells one happening from another where no change does. Of many products it is each list's own."""
    if alert.is_of_many:
        return alert.watchlist_id, alert.pk
    return alert.product_id, alert.shop_id, alert.field, alert.data_time


def _first(group: list[Alert]) -> Alert:
    """The one that tells of the largest move."""
    return max(group, key=lambda one: abs(_percent(one) or Decimal(0)))


def picture_of(product: Product) -> str:
    """The address of its first picture, or ''. Vetted once more: a mail has no policy that would stop another."""
    return image_url(product.image, "", []) or ""


def name_of(product: Product) -> str:
    return one_line(product.title or "", LONGEST_NAME) or product.num_iid


def link_of(about: Product | Shop) -> str:
    """Where its page is."""
    if isinstance(about, Shop):
        return link("monitor:shop", str(about.pk))
    return link("monitor:product", about.num_iid)


def _entry(alert: Alert, group: list[Alert], lines: Mapping[int, Sparkline | None]) -> MailEntry:
    base, after, told = _base(alert), alert.after, _value(alert, alert.after)
    moved = formatting.percent_change(*_numbers(base, after))
    about = alert.product or alert.shop
    tone = _tone(alert.field, base, after)
    hurries = any(map(is_urgent, group))
    line = lines.get(alert.product_id or 0) if alert.field in _DRAWN else None
    return MailEntry(
        headline=_headline(alert, told, moved),
        name=_name(alert),
        before=_value(alert, base),
        after=told,
        move=_move(alert.field, base, after, moved),
        tone=tone,
        link=link("monitor:alert", str(alert.pk)),
        about=link_of(about) if about else link("monitor:alert", str(alert.pk)),
        picture=picture_of(alert.product) if alert.product else "",
        sparkline=line,
        product=alert.product_id,
        field=alert.field,
        values=(base, after),
        is_number=alert.field in (*PRICE_FIELDS, *SCORE_FIELDS, "sales"),
        weight=(hurries, _WEIGHTS.get(alert.field, 0), tone == "bad", abs(moved or Decimal(0)), alert.pk),
    )


def _base(alert: Alert) -> Json:
    """What the alert compares with: where its rule counts from, if it counts, else the value just before."""
    base: Json = alert.before
    if alert.reference is not None and alert.rule_as_it_was.get("kind") in COUNTING_KINDS:
        base = alert.reference
    return base


def _percent(alert: Alert) -> Decimal | None:
    return formatting.percent_change(*_numbers(_base(alert), alert.after))


def _numbers(before: Json, after: Json) -> tuple[int | None, int | None]:
    return (before if type(before) is int else None), (after if type(after) is int else None)


def _headline(alert: Alert, after: str, moved: Decimal | None) -> str:
    """`after` is the value in words."""
    if alert.field not in _FIELD_WORDS:
        return capfirst(alert.rule_in_words)
    if alert.field == "status":
        return gettext("Now %(value)s") % {"value": after}
    fell = moved is not None and moved < 0
    if alert.field == "price" and moved is not None:
        said = gettext("Price down %(percent)s") if fell else gettext("Price up %(percent)s")
        return said % {"percent": formatting.percent(moved)}
    if alert.field == "sales" and moved is not None and not fell:
        return gettext("Sales up %(percent)s") % {"percent": formatting.percent(moved)}
    words = {"field": capfirst(str(_FIELD_WORDS[alert.field])), "value": after}
    if alert.field in SCORE_FIELDS and moved is not None:
        return (gettext("%(field)s fell") if fell else gettext("%(field)s rose")) % words
    if alert.field in PRICE_FIELDS:
        return gettext("%(field)s %(value)s") % words
    return gettext("%(field)s changed") % words


def _name(alert: Alert) -> str:
    if alert.product is not None:
        return name_of(alert.product)
    return one_line(alert.subject, LONGEST_NAME)


def _value(alert: Alert, value: Json) -> str:
    step = (alert.product.sales_step if alert.product else None) or 1
    return one_line(formatting.field_value(alert.field, value, get_language() or "en", sales_step=step), LONGEST_VALUE)


def _tone(field: str, before: Json, after: Json) -> str:
    if field == "status":
        return "good" if after == Status.ON_SALE.value else "bad" if before == Status.ON_SALE.value else ""
    old, new = _numbers(before, after)
    if old is None or new is None or old == new:
        return ""
    if field in SCORE_FIELDS:
        return "good" if new > old else "bad"
    return ("rise" if new > old else "fall") if field in (*PRICE_FIELDS, "sales") else ""


def _move(field: str, before: Json, after: Json, moved: Decimal | None) -> str:
    """'▼ ¥9.00 (12.5%)', '▼ 0.05', or '' for what is no number."""
    old, new = _numbers(before, after)
    if old is None or new is None or not _tone(field, before, after):
        return ""
    sign, difference = "▲" if new > old else "▼", abs(new - old)
    if field in SCORE_FIELDS:
        return f"{sign} {formatting.score(difference)}"
    if field not in PRICE_FIELDS:
        return f"{sign} {difference:,} ({formatting.percent(moved)})"
    return f"{sign} {formatting.money(difference)} ({formatting.percent(moved)})"


def _facts(alert: Alert, group: list[Alert], zone: tzinfo, line: Sparkline | None) -> Iterable[tuple[str, str]]:
    base = _base(alert)
    if base != alert.before and alert.before is not None:
        counted = gettext("%(value)s, where the rule counts from") % {"value": _value(alert, base)}
        yield gettext("Compared with"), counted
        yield gettext("Just before"), _value(alert, alert.before)
    if line is not None:
        yield gettext("In %(days)s days") % {"days": DAYS}, line.span
    if alert.compared_with is not None and alert.is_of_own:
        yield gettext("My product"), _value(alert, alert.compared_with)
    if alert.began_at is not None and alert.count > 1:
        yield gettext("Repeated"), _repeated(alert, zone)
    yield gettext("When"), _when(alert, zone)
    shop = alert.shop or (alert.product.shop if alert.product else None)
    if shop is not None and alert.product is not None:
        yield gettext("Shop"), one_line(str(shop), LONGEST_NAME)
    yield gettext("Watchlist"), _distinct(without_web_addresses(one.watchlist.name, LONGEST_NAME) for one in group)


def _repeated(alert: Alert, zone: tzinfo) -> str:
    """How often, since when, and the last values of what fired again and again."""
    values = " → ".join(_value(alert, value) for _, value in alert.moments[-_MOMENTS:])
    words = {"count": alert.count, "time": formatting.instant(alert.began_at, zone), "values": values}
    return one_line(gettext("%(count)d times since %(time)s: %(values)s") % words, LONGEST_VALUE)


def _rules(group: list[Alert]) -> tuple[tuple[str, str], ...]:
    """Those that are changed in one place, as one."""
    places: dict[str, list[str]] = {}
    for alert in group:
        places.setdefault(_where_to_change(alert), []).append(alert.rule_in_words)
    return tuple((_distinct(words), where) for where, words in places.items())


def _where_to_change(alert: Alert) -> str:
    """The rules of the product, if it has its own, or of the list."""
    if alert.rule is not None and alert.rule.watch_id is not None:
        return link("monitor:watch-rules", str(alert.rule.watch_id))
    return f"{link('monitor:watchlist', str(alert.watchlist_id))}#rules-title"


def _when(alert: Alert, zone: tzinfo) -> str:
    if alert.change is None:
        return gettext("as of %(time)s") % {"time": formatting.instant(alert.data_time, zone)}
    old = formatting.instant(alert.change.last_seen_before, zone)
    new = formatting.instant(alert.change.first_seen_after, zone)
    same_day = f"{old.partition(' ')[0]} "
    return gettext("after %(old)s, by %(new)s") % {"old": old, "new": new.removeprefix(same_day)}


def _distinct(texts: Iterable[str]) -> str:
    return pgettext("between the rules of one alert", "; ").join(dict.fromkeys(texts))
