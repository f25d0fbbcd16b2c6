"""The entries of an e-mail: one for each change, the most important first."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal
from functools import cached_property

from django.utils.text import capfirst
from django.utils.translation import get_language, gettext, pgettext

from monitor.changes import SCORE_FIELDS, Json
from monitor.delivery.links import link
from monitor.delivery.report.sparkline import DAYS, Sparkline
from monitor.history.moves import Move, move
from monitor.models import Alert, Product, Shop
from monitor.models.changes import FIELD_CHOICES
from monitor.provider.observation import Status
from monitor.provider.text import image_url
from monitor.rules.kinds import COUNTING_KINDS
from monitor.text import formatting
from monitor.text.formatting import one_line, without_web_addresses
from monitor.timing.plans import is_urgent

LONGEST_NAME = 120
LONGEST_VALUE = 200
PRICE_FIELDS = frozenset({"price", "list_price"})
#: Entries of these fields show the price's sparkline.
_DRAWN = PRICE_FIELDS | {"sku_range"}
#: How many of the last values of a repeated alert are shown.
_MOMENTS = 6
_FIELD_WORDS = dict(FIELD_CHOICES)
_WEIGHTS = {"status": 3, "price": 2, **dict.fromkeys(SCORE_FIELDS, 1)}


@dataclass(frozen=True)
class MailEntry:
    """One change, as plain texts in the active language.

    `alerts` are all alerts of the change, by any rule and list; `alert` is the one with the largest move.
    """

    alert: Alert
    alerts: list[Alert]
    zone: tzinfo
    line: Sparkline | None

    @cached_property
    def headline(self) -> str:
        field, moved = self.alert.field, _move(self.alert)
        if field not in _FIELD_WORDS:
            return capfirst(self.alert.rule_in_words)
        if field == "status":
            return gettext("Now %(value)s") % {"value": self.after}
        percent, fell = (moved.percent, moved.direction == "fall") if moved else (None, False)
        if field == "price" and percent is not None:
            text = gettext("Price down %(percent)s") if fell else gettext("Price up %(percent)s")
            return text % {"percent": formatting.percent(percent)}
        if field == "sales" and percent is not None and not fell:
            return gettext("Sales up %(percent)s") % {"percent": formatting.percent(percent)}
        words = {"field": capfirst(str(_FIELD_WORDS[field])), "value": self.after}
        if field in SCORE_FIELDS and percent is not None:
            return (gettext("%(field)s fell") if fell else gettext("%(field)s rose")) % words
        if field in PRICE_FIELDS:
            return gettext("%(field)s %(value)s") % words
        return gettext("%(field)s changed") % words

    @cached_property
    def name(self) -> str:
        return name_of(self.alert.product) if self.alert.product else one_line(self.alert.subject, LONGEST_NAME)

    @cached_property
    def values(self) -> tuple[Json, Json]:
        """The stored values before and after."""
        return _base(self.alert), self.alert.after

    @cached_property
    def before(self) -> str:
        return _value(self.alert, self.values[0])

    @cached_property
    def after(self) -> str:
        return _value(self.alert, self.values[1])

    @property
    def is_number(self) -> bool:
        return self.alert.field in (*PRICE_FIELDS, *SCORE_FIELDS, "sales")

    @cached_property
    def tone(self) -> str:
        """'rise' or 'fall' of a price or of sales, 'good' or 'bad' of a status or a score, else ''."""
        if self.alert.field == "status":
            before, after = (value == Status.ON_SALE.value for value in self.values)
            return "good" if after else "bad" if before else ""
        moved = _move(self.alert)
        if not self.is_number or moved is None or moved.direction == "level":
            return ""
        if self.alert.field in SCORE_FIELDS:
            return "good" if moved.direction == "rise" else "bad"
        return moved.direction

    @cached_property
    def move(self) -> str:
        """'▼ ¥9.00 (12.5%)', '▼ 0.05', or '' if the value is no number."""
        moved = _move(self.alert)
        if moved is None or not self.tone:
            return ""
        sign = "▲" if moved.direction == "rise" else "▼"
        if self.alert.field in SCORE_FIELDS:
            return f"{sign} {formatting.score(moved.difference)}"
        amount = formatting.money(moved.difference) if self.alert.field in PRICE_FIELDS else f"{moved.difference:,}"
        return f"{sign} {amount} ({formatting.percent(moved.percent)})"

    @cached_property
    def link(self) -> str:
        return link("monitor:alert", str(self.alert.pk))

    @cached_property
    def about(self) -> str:
        """The page of the product or shop."""
        subject = self.alert.product or self.alert.shop
        return link_of(subject) if subject else self.link

    @property
    def picture(self) -> str:
        """The URL of the product's picture, or ''. Checked again: a mail has no policy that blocks other hosts."""
        return (image_url(self.alert.product.image, "", []) or "") if self.alert.product else ""

    @property
    def sparkline(self) -> Sparkline | None:
        return self.line if self.alert.field in _DRAWN else None

    @property
    def weight(self) -> tuple[bool, int, bool, Decimal, int]:
        """Entries of larger weight come first."""
        is_hurried = any(map(is_urgent, self.alerts))
        return is_hurried, _WEIGHTS.get(self.alert.field, 0), self.tone == "bad", _size(self.alert), self.alert.pk

    @cached_property
    def facts(self) -> list[tuple[str, str]]:
        """Labels with their values."""
        return list(self._facts())

    def _facts(self) -> Iterator[tuple[str, str]]:
        alert = self.alert
        if self.values[0] != alert.before and alert.before is not None:
            counted = gettext("%(value)s, where the rule counts from") % {"value": self.before}
            yield gettext("Compared with"), counted
            yield gettext("Just before"), _value(alert, alert.before)
        if self.sparkline is not None:
            yield gettext("In %(days)s days") % {"days": DAYS}, self.sparkline.span
        if alert.compared_with is not None and alert.is_of_own:
            yield gettext("My product"), _value(alert, alert.compared_with)
        if alert.is_repeated:
            yield gettext("Repeated"), self._repeated
        yield gettext("When"), self._when
        if alert.product is not None and alert.product.shop is not None:
            yield gettext("Shop"), one_line(str(alert.product.shop), LONGEST_NAME)
        lists = (without_web_addresses(alert.watchlist.name, LONGEST_NAME) for alert in self.alerts)
        yield gettext("Watchlist"), _distinct(lists)

    @property
    def _repeated(self) -> str:
        """How often, since when, and the last values."""
        values = " → ".join(_value(self.alert, value) for _, value in self.alert.moments[-_MOMENTS:])
        time = formatting.instant(self.alert.began_at, self.zone)
        words = {"count": self.alert.count, "time": time, "values": values}
        return one_line(gettext("%(count)d times since %(time)s: %(values)s") % words, LONGEST_VALUE)

    @property
    def _when(self) -> str:
        change = self.alert.change
        if change is None:
            return gettext("as of %(time)s") % {"time": formatting.instant(self.alert.data_time, self.zone)}
        old = formatting.instant(change.last_seen_before, self.zone)
        new = formatting.instant(change.first_seen_after, self.zone)
        same_day = f"{old.partition(' ')[0]} "
        return gettext("after %(old)s, by %(new)s") % {"old": old, "new": new.removeprefix(same_day)}

    @cached_property
    def rules(self) -> list[tuple[str, str]]:
        """The rules in words with the page that changes them; rules of one page are joined."""
        pages: dict[str, list[str]] = {}
        for alert in self.alerts:
            pages.setdefault(_rules_page(alert), []).append(alert.rule_in_words)
        return [(_distinct(words), page) for page, words in pages.items()]


def entries(alerts: Iterable[Alert], zone: tzinfo, lines: Mapping[int, Sparkline | None]) -> list[MailEntry]:
    """One entry for each change, whichever rules and lists it concerns. `lines` are of products, by their keys."""
    groups: dict[object, list[Alert]] = {}
    for alert in alerts:
        groups.setdefault(alert.change_id or _without_change(alert), []).append(alert)
    largest = [max(group, key=_size) for group in groups.values()]
    rows = [
        MailEntry(alert, group, zone, lines.get(alert.product_id or 0))
        for alert, group in zip(largest, groups.values(), strict=True)
    ]
    return sorted(rows, key=lambda entry: entry.weight, reverse=True)


def _without_change(alert: Alert) -> object:
    """Groups alerts without a change. An alert about many products has its own group."""
    if alert.is_of_many:
        return alert.watchlist_id, alert.pk
    return alert.product_id, alert.shop_id, alert.field, alert.data_time


def name_of(product: Product) -> str:
    return one_line(product.title or "", LONGEST_NAME) or product.num_iid


def link_of(subject: Product | Shop) -> str:
    if isinstance(subject, Shop):
        return link("monitor:shop", str(subject.pk))
    return link("monitor:product", subject.num_iid)


def _base(alert: Alert) -> Json:
    """The value to compare with: the one that the rule counts from, if it does, else the value just before."""
    is_counting = alert.reference is not None and alert.rule_as_it_was.get("kind") in COUNTING_KINDS
    return alert.reference if is_counting else alert.before


def _move(alert: Alert) -> Move | None:
    return move(_base(alert), alert.after)


def _size(alert: Alert) -> Decimal:
    """The move in percent; 0 if it has none."""
    moved = _move(alert)
    return (moved.percent if moved else None) or Decimal(0)


def _value(alert: Alert, value: Json) -> str:
    step = (alert.product.sales_step if alert.product else None) or 1
    return one_line(formatting.field_value(alert.field, value, get_language() or "en", sales_step=step), LONGEST_VALUE)


def _rules_page(alert: Alert) -> str:
    """The page of the product's own rules, or of the list's."""
    if alert.rule is not None and alert.rule.watch_id is not None:
        return link("monitor:watch-rules", str(alert.rule.watch_id))
    return f"{link('monitor:watchlist', str(alert.watchlist_id))}#rules-title"


def _distinct(texts: Iterable[str]) -> str:
    return pgettext("between the rules of one alert", "; ").join(dict.fromkeys(texts))
