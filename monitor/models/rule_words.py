"""Conditions in words: the names of their kinds, whole sentences, and why one makes no sense."""

from collections.abc import Mapping
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from monitor import formatting
from monitor.rules import OWN_KINDS, UNITS, Condition, Kind, Lack, Never, Unit

#: Under headings, for lists to choose from.
KIND_CHOICES = [
    (
        _("Price"),
        [
            (Kind.PRICE_CHANGED.value, _("the price changes")),
            (Kind.PRICE_DROPPED.value, _("the price drops by at least")),
            (Kind.PRICE_FELL_BY.value, _("the price drops by at least")),
            (Kind.PRICE_ROSE.value, _("the price rises by at least")),
            (Kind.PRICE_ROSE_BY.value, _("the price rises by at least")),
            (Kind.PRICE_MOVED.value, _("the price moves by at least")),
            (Kind.PRICE_BELOW.value, _("the price falls below")),
            (Kind.PRICE_ABOVE.value, _("the price rises above")),
            (Kind.PRICE_LOWEST.value, _("the price is the lowest")),
            (Kind.PRICE_HIGHEST.value, _("the price is the highest")),
            (Kind.PRICE_BELOW_HIGH.value, _("the price is below its highest by at least")),
            (Kind.PRICE_ABOVE_LOW.value, _("the price is above its lowest by at least")),
            (Kind.UNDER_MINE.value, _("the price is under that of my own product by at least")),
            (Kind.UNDER_MINE_BY.value, _("the price is under that of my own product by at least")),
            (Kind.LIST_PRICE_CHANGED.value, _("the list price changes")),
            (Kind.SKU_RANGE_CHANGED.value, _("the range of SKU prices changes")),
        ],
    ),
    (
        _("Sales"),
        [
            (Kind.SALES_GREW.value, _("sales grow by at least")),
            (Kind.SALES_GREW_BY.value, _("sales grow by at least")),
            (Kind.SALES_PACE_DOUBLED.value, _("sales are twice as fast")),
        ],
    ),
    (
        _("Status"),
        [
            (Kind.STATUS_CHANGED.value, _("the status changes")),
            (Kind.ON_SALE.value, _("it is on sale")),
            (Kind.LEFT_SHELF.value, _("it is no longer on sale")),
            (Kind.CAME_BACK.value, _("it comes back on sale")),
            (Kind.BANNED.value, _("it is banned")),
            (Kind.GONE.value, _("it is deleted or not found")),
        ],
    ),
    (
        _("What its page says"),
        [
            (Kind.TITLE_CHANGED.value, _("the title changes")),
            (Kind.IMAGES_CHANGED.value, _("the images change")),
            (Kind.SPECIFICATION_CHANGED.value, _("the specification or the attributes change")),
            (Kind.FREIGHT_CHANGED.value, _("the freight changes")),
            (Kind.PROMISES_CHANGED.value, _("the service promises change")),
        ],
    ),
    (
        _("Shop"),
        [
            (Kind.SHOP_SCORE_FELL.value, _("a shop score falls by at least")),
            (Kind.SHOP_SCORE_BELOW.value, _("a shop score falls below")),
            (Kind.SHOP_BELOW_AVERAGE.value, _("a shop score turns below average")),
        ],
    ),
    (_("Checks"), [(Kind.SILENT.value, _("no check succeeds for"))]),
]
NEVER_WORDS = {
    Never.NOTHING_LEFT: _("A price never drops by 100%: what is left would cost nothing."),
    Never.LOWEST_PRICE: _("No price is below ¥0.01."),
    Never.WHOLE_SCALE: _("A score cannot fall by more points than there are."),
    Never.EVERY_SCORE: _("No score is that high: all would be below."),
    Never.CONTRADICTION: _("No product is as all of this asks: the parts exclude each other."),
}

#: The sentences of kinds whose name alone is none.
_SENTENCES = {
    **dict.fromkeys((Kind.PRICE_DROPPED, Kind.PRICE_FELL_BY), _("the price drops by at least %(threshold)s")),
    **dict.fromkeys((Kind.PRICE_ROSE, Kind.PRICE_ROSE_BY), _("the price rises by at least %(threshold)s")),
    Kind.PRICE_MOVED: _("the price moves by at least %(threshold)s"),
    Kind.PRICE_BELOW: _("the price falls below %(threshold)s"),
    Kind.PRICE_ABOVE: _("the price rises above %(threshold)s"),
    Kind.PRICE_LOWEST: _("the price is the lowest in %(days)s"),
    Kind.PRICE_HIGHEST: _("the price is the highest in %(days)s"),
    Kind.PRICE_BELOW_HIGH: _("the price is at least %(threshold)s below the highest of %(days)s"),
    Kind.PRICE_ABOVE_LOW: _("the price is at least %(threshold)s above the lowest of %(days)s"),
    **dict.fromkeys(OWN_KINDS, _("the price is at least %(threshold)s under that of “%(own)s”")),
    Kind.SALES_GREW: _("sales grow by at least %(threshold)s within %(days)s"),
    Kind.SALES_GREW_BY: _("at least %(threshold)s more are sold within %(days)s"),
    Kind.SALES_PACE_DOUBLED: _("%(days)s sell at least twice as many as the %(days)s before"),
    Kind.SHOP_SCORE_FELL: _("a shop score falls by at least %(threshold)s"),
    Kind.SHOP_SCORE_BELOW: _("a shop score falls below %(threshold)s"),
    Kind.SILENT: _("no check succeeds for %(threshold)s"),
}
#: Where the product of one's own may not be named to the reader.
_UNSEEN = _("the price is at least %(threshold)s under that of a product that you cannot see")
LACK_WORDS = {
    Lack.UNSEEN: _("It waits: not everybody who has this list can see the product that it compares with."),
    Lack.UNASKED: _("It waits: the product that it compares with is not being checked."),
    Lack.STALE: _("It waits: no check of the product that it compares with has succeeded for too long."),
    Lack.NO_PRICE: _("It waits: the product that it compares with has no price now."),
}
_EVER = {
    Kind.PRICE_LOWEST: _("the price is lower than ever before"),
    Kind.PRICE_HIGHEST: _("the price is higher than ever before"),
}
#: Behind an 'and' something is so; by itself it becomes so.
_BESIDES = {
    Kind.PRICE_BELOW: _("the price is below %(threshold)s"),
    Kind.PRICE_ABOVE: _("the price is above %(threshold)s"),
    Kind.SALES_GREW: _("sales have grown by at least %(threshold)s within %(days)s"),
    Kind.SALES_GREW_BY: _("at least %(threshold)s more have been sold within %(days)s"),
}
#: How often a rule alerts at most, by the rest that it takes after an alert.
COOLDOWN_WORDS = {
    timedelta(0): _("every time"),
    timedelta(hours=1): _("at most once an hour"),
    timedelta(hours=6): _("at most once in 6 hours"),
    timedelta(days=1): _("at most once a day"),
    timedelta(days=7): _("at most once a week"),
}
_NAMES = {Kind(value): name for _group, kinds in KIND_CHOICES for value, name in kinds}


def in_words(condition: Condition, own: str = "") -> str:
    """What a condition says, as a clause in the active language.

    `own` is the name of the product of one's own, '' where the reader may not know it.
    """
    words = _clause(condition, own, {})
    for one in condition.also:
        parts = {"first": words, "second": _clause(one, own, _BESIDES)}
        words = gettext("%(first)s and %(second)s") % parts
    return words


def besides_in_words(condition: Condition) -> str:
    """What must hold besides, as clauses one after another; '' where nothing must."""
    return ", ".join(_clause(one, "", _BESIDES) for one in condition.also)


def _clause(condition: Condition, own: str, others: Mapping[Kind, Promise]) -> str:
    kind = condition.kind
    sentence = others.get(kind) or _SENTENCES.get(kind, _NAMES[kind])
    if condition.days is None:
        sentence = _EVER.get(kind, sentence)
    if kind in OWN_KINDS and not own:
        sentence = _UNSEEN
    days = days_in_words(condition.days or 1)
    return str(sentence) % {"threshold": threshold_in_words(condition), "days": days, "own": own}


def cooldown_in_words(cooldown: timedelta) -> str:
    if cooldown in COOLDOWN_WORDS:
        return str(COOLDOWN_WORDS[cooldown])
    return gettext("at most once in %(time)s") % {"time": formatting.duration(cooldown)}


def days_in_words(days: int) -> str:
    return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}


def hours_in_words(hours: int) -> str:
    return ngettext("%(hours)d hour", "%(hours)d hours", hours) % {"hours": hours}


def threshold_in_words(condition: Condition) -> str:
    """The threshold as people write it: `10%`, `¥72.00`, `0.05`, `1,500`, `6 hours`."""
    if condition.threshold is None:
        return ""
    whole, hundredths = divmod(condition.threshold, 100)
    match UNITS[condition.kind]:
        case Unit.PERCENT:
            return f"{whole}%" if not hundredths else f"{whole}.{hundredths:02d}%"
        case Unit.FEN:
            return f"¥{whole}.{hundredths:02d}"
        case Unit.SCORE:
            return f"{whole}.{hundredths:02d}"
        case Unit.COUNT:
            return f"{condition.threshold:,}"
        case Unit.HOURS:
            return hours_in_words(condition.threshold)
    return ""
