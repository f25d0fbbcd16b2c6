"""What an e-mail tells, in the active language: one entry for each thing that happened, the most important first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal

from django.utils.text import capfirst
from django.utils.translation import get_language, gettext, ngettext

from monitor import formatting
from monitor.changes import SCORE_FIELDS, Json
from monitor.delivery.links import link
from monitor.formatting import one_line
from monitor.models import Alert
from monitor.rules import COUNTING_KINDS

#: Characters of a subject that phones still show in two lines.
LONGEST_SUBJECT = 60
LONGEST_NAME = 120
LONGEST_VALUE = 200
PRICE_FIELDS = frozenset({"price", "list_price"})
_WEIGHTS = {"status": 3, "price": 2, **dict.fromkeys(SCORE_FIELDS, 1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened, ready to be shown as plain text.

    `move` says by how much a number moved and which way, or is ''; `facts` are labels with their values.
    """

    headline: str
    name: str
    before: str
    after: str
    move: str
    facts: tuple[tuple[str, str], ...]
    link: str
    is_number: bool
    weight: tuple[int, Decimal, int]


def entries(alerts: Iterable[Alert], zone: tzinfo) -> list[Entry]:
    """One entry for each change that `alerts` speak of, however many rules and lists it concerns."""
    groups: dict[object, list[Alert]] = {}
    for alert in alerts:
        same = alert.change_id or (alert.product_id, alert.shop_id, alert.field)
        groups.setdefault(same, []).append(alert)
    return sorted((_entry(group, zone) for group in groups.values()), key=lambda entry: entry.weight, reverse=True)


def subject(told: list[Entry]) -> str:
    """One line of at most `LONGEST_SUBJECT` characters: how many, what, which product, from and to."""
    first = told[0]
    room = LONGEST_SUBJECT - len(_subject(first, "", len(told)))
    return one_line(_subject(first, one_line(first.name, max(room, 10)), len(told)), LONGEST_SUBJECT)


def _subject(first: Entry, name: str, count: int) -> str:
    what = gettext("%(what)s: %(name)s") % {"what": first.headline, "name": name}
    if first.is_number and first.before != formatting.NOT_TOLD:
        what = f"{what} {first.before} → {first.after}"
    if count == 1:
        return what
    return ngettext("%(count)d alert: %(first)s", "%(count)d alerts: %(first)s", count) % {
        "count": count,
        "first": what,
    }


def _entry(group: list[Alert], zone: tzinfo) -> Entry:
    alert = max(group, key=lambda one: abs(_percent(one) or Decimal(0)))
    base, after = _base(alert), alert.after
    moved = formatting.percent_change(*_numbers(base, after))
    return Entry(
        headline=_headline(alert, base, moved),
        name=_name(alert),
        before=_value(alert.field, base),
        after=_value(alert.field, after),
        move=_move(alert.field, base, after, moved),
        facts=tuple(_facts(alert, group, zone)),
        link=link("monitor:alert", str(alert.pk)),
        is_number=alert.field in PRICE_FIELDS or alert.field in SCORE_FIELDS,
        weight=(_WEIGHTS.get(alert.field, 0), abs(moved or Decimal(0)), alert.pk),
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


def _headline(alert: Alert, base: Json, moved: Decimal | None) -> str:
    words = {"field": capfirst(alert.get_field_display()), "percent": formatting.percent(moved)}
    words["value"] = _value(alert.field, alert.after)
    fell = moved is not None and moved < 0
    if alert.field == "status":
        return gettext("Now %(value)s") % words
    if alert.field in SCORE_FIELDS and moved is not None:
        return (gettext("%(field)s fell") if fell else gettext("%(field)s rose")) % words
    if alert.field == "price" and moved is not None:
        return (gettext("Price down %(percent)s") if fell else gettext("Price up %(percent)s")) % words
    if alert.field in PRICE_FIELDS:
        return gettext("%(field)s %(value)s") % words
    return gettext("%(field)s changed") % words


def _name(alert: Alert) -> str:
    name = ""
    if alert.product is not None:
        name = one_line(alert.product.title or "", LONGEST_NAME) or alert.product.num_iid
    elif alert.shop is not None:
        name = one_line(str(alert.shop), LONGEST_NAME)
    return name


def _value(field: str, value: Json) -> str:
    return one_line(formatting.field_value(field, value, get_language() or "en"), LONGEST_VALUE)


def _move(field: str, before: Json, after: Json, moved: Decimal | None) -> str:
    """'▼ ¥9.00 (12.5%)', '▼ 0.05', or '' for what is no number."""
    old, new = _numbers(before, after)
    if old is None or new is None or old == new:
        return ""
    sign = "▲" if new > old else "▼"
    if field in SCORE_FIELDS:
        return f"{sign} {formatting.score(abs(new - old))}"
    if field not in PRICE_FIELDS:
        return ""
    return f"{sign} {formatting.money(abs(new - old))} ({formatting.percent(moved)})"


def _facts(alert: Alert, group: list[Alert], zone: tzinfo) -> Iterable[tuple[str, str]]:
    base = _base(alert)
    if base != alert.before and alert.before is not None:
        counted = gettext("%(value)s, where the rule counts from") % {"value": _value(alert.field, base)}
        yield gettext("Compared with"), counted
        yield gettext("Just before"), _value(alert.field, alert.before)
    yield gettext("When"), _when(alert, zone)
    shop = alert.shop or (alert.product.shop if alert.product else None)
    if shop is not None and alert.product is not None:
        yield gettext("Shop"), one_line(str(shop), LONGEST_NAME)
    yield gettext("Watchlist"), _distinct(one_line(one.watchlist.name, LONGEST_NAME) for one in group)
    yield gettext("Rule"), _distinct(one.rule_in_words for one in group)


def _when(alert: Alert, zone: tzinfo) -> str:
    if alert.change is None:
        return gettext("as of %(time)s") % {"time": formatting.instant(alert.data_time, zone)}
    old = formatting.instant(alert.change.last_seen_before, zone)
    new = formatting.instant(alert.change.first_seen_after, zone)
    same_day = f"{old.partition(' ')[0]} "
    return gettext("after %(old)s, by %(new)s") % {"old": old, "new": new.removeprefix(same_day)}


def _distinct(texts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(texts))
