"""The entries of a message of alerts: one for each product or shop, the most
important first."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from functools import cached_property

from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext, pgettext

from monitor.judging.changes import SCORE_FIELDS, Json
from monitor.models import Alert, Product, Shop
from monitor.models.alerts import VALUE_FIELDS
from monitor.people.timing.times import is_urgent
from monitor.provider.observation import Status
from monitor.provider.text import INVENTED_PICTURES, image_url
from monitor.showing.history.facts import extremes
from monitor.showing.history.moves import Move, move
from monitor.showing.history.series import Point
from monitor.showing.history.steps import NUMBERS, WEIGHTS, Steps, joined
from monitor.showing.history.trends import DAY, SPARKLINE
from monitor.showing.reads.sold import sold_in_words
from monitor.showing.reads.words import headline, path, words_of
from monitor.telling.links import link, on_douyin
from monitor.text import formatting
from monitor.text.formatting import one_line, without_web_addresses

LONGEST_NAME = 60
PRICE_FIELDS = frozenset({"price", "list_price"})
#: Steps whose rule says all.
_TOLD_BY_RULE = frozenset({"range", "best_ten", "my_price", "my_units"})
#: Lists that an entry names.
_LISTS = 3
_FIELD_WORDS = dict(VALUE_FIELDS)


def tone(field: str, before: Json, after: Json) -> str:
    """Return 'rise' or 'fall' of a price or of sales, 'good' or 'bad' of a status or a score, else
    ''."""
    if field == "status":
        was_on_sale, is_on_sale = (value == Status.ON_SALE.value for value in (before, after))
        return "good" if is_on_sale else "bad" if was_on_sale else ""
    way = move(before, after)
    if field not in NUMBERS or way is None or way.direction == "level":
        return ""
    if field in SCORE_FIELDS:
        return "good" if way.direction == "rise" else "bad"
    return way.direction


def move_in_words(field: str, way: Move | None) -> str:
    """Return '▼ 12.5%', '▼ 0.05', or '' if the value is no number or has come back."""
    if field not in NUMBERS or way is None or way.direction == "level":
        return ""
    sign = "▲" if way.direction == "rise" else "▼"
    if field in SCORE_FIELDS:
        return f"{sign} {formatting.score_difference(way.before, way.after)}"
    return f"{sign} {formatting.percent(way.percent)}"


@dataclass(frozen=True)
class MailLine:
    """What happened to one field, as plain texts in the active language."""

    steps: Steps

    @property
    def field(self) -> str:
        return self.steps.newest.field

    @cached_property
    def headline(self) -> str:
        field, way = self.field, self.steps.move
        if field not in _FIELD_WORDS or field in _TOLD_BY_RULE:
            return capfirst(self.steps.newest.rule_in_words)
        if target := self.steps.target:
            return capfirst(target.reason)
        if field == "status":
            return gettext("Now %(value)s") % {"value": self.after}
        percent, fell = (
            (way.percent, way.direction == "fall")
            if way and way.direction != "level"
            else (None, False)
        )
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

    @property
    def is_urgent(self) -> bool:
        return any(map(is_urgent, self.steps.alerts))

    @cached_property
    def after(self) -> str:
        return words_of(self.steps.newest)(self.steps.values[-1])

    @cached_property
    def chain(self) -> str:
        """'¥55.90 → ¥51.00', after the field's name where the values don't tell it; '' if there are
        none."""
        if self.field not in _FIELD_WORDS:
            return ""
        label = f"{capfirst(str(_FIELD_WORDS[self.field]))} " if self.steps.needs_label else ""
        return label + headline(self.steps)

    @property
    def numbers(self) -> str:
        """'¥72.00 → ¥63.00' if a number has moved, else ''."""
        return headline(self.steps) if self.is_number and len(self.steps.values) > 1 else ""

    @cached_property
    def path(self) -> str:
        """'¥55.90 → ¥48.90 → ¥51.00', or '' if `chain` has all values."""
        return path(self.steps)

    @cached_property
    def text(self) -> str:
        """'¥55.90 → ¥51.00 ▼ 8.8% since your last alert'"""
        parts = (self.chain, self.move, self.steps.reason) if self.chain else (self.headline,)
        return " ".join(filter(None, parts))

    @property
    def is_number(self) -> bool:
        return self.field in NUMBERS

    @property
    def tone(self) -> str:
        return tone(self.field, self.steps.values[0], self.steps.values[-1])

    @cached_property
    def move(self) -> str:
        return move_in_words(self.field, self.steps.move)

    @property
    def size(self) -> Decimal:
        """The largest move in percent; 0 if it has none."""
        largest = self.steps.largest
        return (largest.percent if largest else None) or Decimal(0)


@dataclass(frozen=True)
class MailEntry:
    """The alerts of one product or shop, by any rule and list. `prices` are the product's of the
    last days."""

    alerts: list[Alert]
    zone: tzinfo
    prices: list[Point]

    @cached_property
    def lines(self) -> list[MailLine]:
        """By field: urgent ones first, then the most important."""
        return sorted(map(MailLine, joined(self.alerts)), key=lambda line: not line.is_urgent)

    @property
    def first(self) -> MailLine:
        return self.lines[0]

    @property
    def alert(self) -> Alert:
        """The newest about the most important field: its page shows the evidence of all of the
        day."""
        return self.first.steps.newest

    @cached_property
    def name(self) -> str:
        return (
            name_of(self.alert.product)
            if self.alert.product
            else one_line(self.alert.subject, LONGEST_NAME)
        )

    @cached_property
    def link(self) -> str:
        return link("monitor:alert", str(self.alert.pk))

    @cached_property
    def about(self) -> str:
        """The page of the product or shop; a product that the reader does not watch is in its
        shop's assortment."""
        alert, product = self.alert, self.alert.product
        if product and not alert.is_watched:
            left = {"show": "left"} if alert.after == "left" else {}
            shop = alert.shop_id
            return (
                link("monitor:shop-assortment", str(shop), q=product.num_iid, **left)
                if shop
                else self.link
            )
        subject = product or alert.shop
        return link_of(subject) if subject else self.link

    @property
    def on_douyin(self) -> str:
        """The product's page on Douyin, or ''."""
        return on_douyin(self.alert.product.num_iid) if self.alert.product else ""

    @property
    def mute(self) -> str:
        """The page that mutes the product, or ''."""
        product = self.alert.product
        return link("monitor:mute", product.num_iid) if product and self.alert.is_watched else ""

    @property
    def picture(self) -> str:
        """The URL of the product's picture, or ''. Checked again: a mail has no policy that blocks
        other hosts. The pictures of the sandbox's products are only on its own pages."""
        image = self.alert.product.image if self.alert.product else ""
        return "" if image.startswith(INVENTED_PICTURES) else image_url(image, "", []) or ""

    @property
    def weight(self) -> tuple[bool, int, bool, Decimal, int]:
        """Entries of larger weight come first."""
        return (
            self.first.is_urgent,
            WEIGHTS.get(self.first.field, 0),
            self.first.tone == "bad",
            self.first.size,
            self.alert.pk,
        )

    @cached_property
    def facts(self) -> list[str]:
        """What else there is to know, in few words: what the price means, when it was, and on which
        lists."""
        alert = self.alert
        lists = dict.fromkeys(
            without_web_addresses(alert.watchlist.name, LONGEST_NAME) for alert in self.alerts
        )
        facts = [
            gettext("%(count)d times") % {"count": alert.count} if alert.is_repeated else "",
            self._extreme,
            self._sold,
            f"{self._at.astimezone(self.zone):%m-%d %H:%M}",
            pgettext("between the rules of one alert", "; ").join(list(lists)[:_LISTS]),
        ]
        return list(filter(None, facts))

    @property
    def _sold(self) -> str:
        product = self.alert.product
        return sold_in_words(product) if product else ""

    @property
    def _at(self) -> datetime:
        """When the last value was first seen."""
        change = self.alert.change
        return change.first_seen_after if change is not None else self.alert.data_time

    @property
    def _extreme(self) -> str:
        """Whether the price is the lowest or the highest of the last days; '' if prices are known
        for less than one."""
        after = self.first.steps.values[-1]
        if self.first.field != "price" or type(after) is not int:
            return ""
        low, high = extremes([after, *(price for _, price in self.prices)])
        if low == high or (known_for := self._at - self.prices[0][0]) < DAY:
            return ""
        days = min(-(-known_for // DAY), SPARKLINE.days)
        lowest = ngettext("lowest in %(days)s day", "lowest in %(days)s days", days)
        highest = ngettext("highest in %(days)s day", "highest in %(days)s days", days)
        return {low: lowest, high: highest}.get(after, "") % {"days": days}


def entries(
    alerts: Iterable[Alert],
    zone: tzinfo,
    prices: Mapping[int, list[Point]],
) -> list[MailEntry]:
    """Return one entry for each product or shop, and for each alert about many products.

    `prices` are by the products' keys.
    """
    groups: dict[object, list[Alert]] = {}
    for alert in alerts:
        groups.setdefault(_subject(alert), []).append(alert)
    rows = [
        MailEntry(group, zone, prices.get(group[0].product_id or 0, []))
        for group in groups.values()
    ]
    return sorted(rows, key=lambda entry: entry.weight, reverse=True)


def _subject(alert: Alert) -> object:
    shop = (
        None if alert.product_id else alert.shop_id
    )  # An alert of an assortment also names the product's shop.
    return alert.product_id, shop, alert.pk if alert.is_of_many else None


def name_of(product: Product) -> str:
    return one_line(product.title or "", LONGEST_NAME) or product.num_iid


def link_of(subject: Product | Shop) -> str:
    if isinstance(subject, Shop):
        return link("monitor:shop", str(subject.pk))
    return link("monitor:product", subject.num_iid)
