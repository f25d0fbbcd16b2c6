"""The words of each kind of condition, and of reasons why a condition cannot work."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from monitor.judging.rules.conditions import Condition
from monitor.judging.rules.kinds import (
    COMPARING_KINDS,
    UNITS_KINDS,
    Kind,
    KindSpec,
    NeverReason,
    Unit,
)
from monitor.text import formatting
from monitor.text.formatting import Text


@dataclass(frozen=True, slots=True)
class KindWords:
    """The words for one kind. An empty text means that the name, or the usual sentence, is used."""

    name: Text
    #: With threshold and days.
    sentence: Text = ""
    #: Without a number of days.
    ever: Text = ""
    #: The threshold that a form proposes.
    hint: str = ""
    #: What an alert says beside its values.
    reason: Text = ""


_UNDER_MINE = (_("price under my product by"), _("price ≥ %(threshold)s under my product"))
_BELOW, _WITHIN = _("below %(threshold)s"), _("within %(days)s")
_MINE = _("under my product %(reference)s")
_RIVAL_CHEAPER = (_("a rival is cheaper by"), _("a rival is ≥ %(threshold)s cheaper"))
_OVER_RIVAL = _("over “%(own)s” at %(reference)s")

_PRICE = {
    Kind.PRICE_CHANGED: KindWords(_("price changes")),
    Kind.PRICE_DROPPED: KindWords(_("price drops by"), _("price drops ≥ %(threshold)s"), hint="10"),
    Kind.PRICE_FELL_BY: KindWords(_("price drops by"), _("price drops ≥ %(threshold)s")),
    Kind.PRICE_ROSE: KindWords(_("price rises by"), _("price rises ≥ %(threshold)s"), hint="10"),
    Kind.PRICE_ROSE_BY: KindWords(_("price rises by"), _("price rises ≥ %(threshold)s")),
    Kind.PRICE_MOVED: KindWords(_("price moves by"), _("price moves ≥ %(threshold)s"), hint="10"),
    Kind.PRICE_BELOW: KindWords(_("price below"), _("price below %(threshold)s"), reason=_BELOW),
    Kind.PRICE_ABOVE: KindWords(
        _("price above"), _("price above %(threshold)s"), reason=_("above %(threshold)s")
    ),
    Kind.PRICE_LOWEST: KindWords(
        _("lowest price"), _("lowest price in %(days)s"), ever=_("lowest price ever")
    ),
    Kind.PRICE_HIGHEST: KindWords(
        _("highest price"), _("highest price in %(days)s"), ever=_("highest price ever")
    ),
    Kind.PRICE_BELOW_HIGH: KindWords(
        _("price below its highest by"),
        _("price ≥ %(threshold)s below the highest of %(days)s"),
        hint="10",
        reason=_("since the highest of %(days)s"),
    ),
    Kind.PRICE_ABOVE_LOW: KindWords(
        _("price above its lowest by"),
        _("price ≥ %(threshold)s above the lowest of %(days)s"),
        hint="10",
        reason=_("since the lowest of %(days)s"),
    ),
    Kind.UNDER_MINE: KindWords(*_UNDER_MINE, reason=_MINE),
    Kind.UNDER_MINE_BY: KindWords(*_UNDER_MINE, reason=_MINE),
    Kind.LIST_PRICE_CHANGED: KindWords(_("list price changes")),
    Kind.SKU_RANGE_CHANGED: KindWords(_("SKU price range changes")),
}
_SALES = {
    Kind.SALES_GREW: KindWords(
        _("sales grow by"), _("sales grow ≥ %(threshold)s in %(days)s"), hint="20", reason=_WITHIN
    ),
    Kind.SALES_GREW_BY: KindWords(
        _("sales grow by"), _("≥ %(threshold)s sold in %(days)s"), reason=_WITHIN
    ),
    Kind.SALES_PACE_DOUBLED: KindWords(
        _("sales double"), _("sales in %(days)s ≥ 2× the %(days)s before")
    ),
}
_RIVALS = {
    Kind.NOT_CHEAPEST: KindWords(_("no longer the cheapest"), reason=_OVER_RIVAL),
    Kind.RIVAL_CHEAPER: KindWords(*_RIVAL_CHEAPER, hint="5", reason=_OVER_RIVAL),
    Kind.RIVAL_CHEAPER_BY: KindWords(*_RIVAL_CHEAPER, reason=_OVER_RIVAL),
    Kind.RIVALS_RAISED: KindWords(
        _("all rivals raise their prices"),
        _("all rivals on sale ask more than %(days)s ago"),
        reason=_("all rivals rose, “%(own)s” least: %(reference)s"),
    ),
    Kind.RIVAL_OUTSELLS: KindWords(
        _("a rival certainly sells more"),
        reason=_("while “%(own)s” sells at least %(reference)s a day"),
    ),
}
_STATUS = {
    Kind.STATUS_CHANGED: KindWords(_("status changes")),
    Kind.ON_SALE: KindWords(_("on sale")),
    Kind.LEFT_SHELF: KindWords(_("off shelf, deleted or banned")),
    Kind.CAME_BACK: KindWords(_("back on sale")),
    Kind.BANNED: KindWords(_("banned")),
    Kind.GONE: KindWords(_("deleted or not found")),
}
_PAGE = {
    Kind.TITLE_CHANGED: KindWords(_("title changes")),
    Kind.IMAGES_CHANGED: KindWords(_("images change")),
    Kind.SPECIFICATION_CHANGED: KindWords(_("specification or attributes change")),
    Kind.FREIGHT_CHANGED: KindWords(_("freight changes")),
    Kind.PROMISES_CHANGED: KindWords(_("service promises change")),
}
_SHOP = {
    Kind.SHOP_SCORE_FELL: KindWords(
        _("shop score falls by"), _("shop score falls ≥ %(threshold)s"), hint="0.1"
    ),
    Kind.SHOP_SCORE_SLIPPED: KindWords(_("shop score falls by at least 0.1 (1 if out of 100)")),
    Kind.SHOP_SCORE_BELOW: KindWords(
        _("shop score below"), _("shop score below %(threshold)s"), reason=_BELOW
    ),
    Kind.SHOP_BELOW_AVERAGE: KindWords(_("shop score below average")),
}
_FOLLOWED = {
    Kind.RANGE_NEW: KindWords(_("a followed shop has a new product"), reason=_("at %(reference)s")),
    Kind.RANGE_BEST: KindWords(
        _("a product joins the ten best sellers of a followed shop"), reason=_("at %(reference)s")
    ),
    Kind.RANGE_LEFT: KindWords(
        _("a followed shop takes a product back"), reason=_("last price %(reference)s")
    ),
    Kind.SHOP_REVENUE_GREW: KindWords(
        _("revenue of a followed shop grows by"),
        _("revenue of a followed shop grows ≥ %(threshold)s"),
        hint="30",
    ),
    Kind.SHOP_REVENUE_FELL: KindWords(
        _("revenue of a followed shop falls by"),
        _("revenue of a followed shop falls ≥ %(threshold)s"),
        hint="30",
    ),
}
_CHECKS = {
    Kind.SILENT: KindWords(
        _("no successful check for"), _("no successful check for %(threshold)s"), hint="6"
    )
}
#: Kinds under headings, by what they are about.
GROUPS = {
    "price": (_("Price"), _PRICE),
    "sales": (_("Sales"), _SALES),
    "rivals": (_("Rivals"), _RIVALS),
    "status": (_("Status"), _STATUS),
    "content": (_("Page content"), _PAGE),
    "shop": (_("Shop"), _SHOP),
    "followed": (_("Followed shops"), _FOLLOWED),
    "checks": (_("Checks"), _CHECKS),
}
#: The fields of the alerts that the kinds of each group make. An alert about checks has the field
#: 'checks'.
ALERT_FIELDS = {
    name: frozenset(field for kind in kinds for field in kind.spec.alert_fields or ("checks",))
    for name, (_heading, kinds) in GROUPS.items()
}
WORDS = {kind: words for _heading, kinds in GROUPS.values() for kind, words in kinds.items()}

#: The unit behind a threshold.
UNIT_WORDS: dict[Unit, Text] = {
    Unit.PERCENT: "%",
    Unit.FEN: _("yuan"),
    Unit.SCORE: _("points"),
    Unit.COUNT: _("units"),
    Unit.HOURS: _("hours"),
}
NEVER_WORDS = {
    NeverReason.NOTHING_LEFT: _("A price never drops by 100%: what is left would cost nothing."),
    NeverReason.LOWEST_PRICE: _("No price is below ¥0.01."),
    NeverReason.WHOLE_SCALE: _("A score cannot fall by more points than there are."),
    NeverReason.EVERY_SCORE: _("No score is that high."),
}
COOLDOWN_WORDS = {
    timedelta(0): _("every time"),
    timedelta(hours=1): _("at most once an hour"),
    timedelta(hours=6): _("at most once in 6 hours"),
    timedelta(days=1): _("at most once a day"),
    timedelta(days=7): _("at most once a week"),
}


def kind_choices() -> list[tuple[Text, list[tuple[str, Text]]]]:
    """Return the choices of a model's field: a function, so that a new kind needs no migration."""
    return [
        (heading, [(kind.value, words.name) for kind, words in kinds.items()])
        for heading, kinds in GROUPS.values()
    ]


def kind_options(is_offered: Callable[[KindSpec], bool]) -> list[tuple[Any, list[tuple[str, Any]]]]:
    """Return the options of a form, under headings. Each shows its unit, because two kinds may have
    the same name."""
    groups = [
        (heading, [kind for kind in kinds if is_offered(kind.spec)])
        for heading, kinds in GROUPS.values()
    ]
    return [
        (heading, [(kind.value, choice_words(kind)) for kind in kinds])
        for heading, kinds in groups
        if kinds
    ]


def choice_words(kind: Kind) -> Text:
    words = WORDS[kind].name
    match kind.spec.unit:
        case Unit.NONE:
            return words
        case Unit.FEN:
            return format_lazy("{} ¥ …", words)
        case Unit.SCORE:
            return format_lazy("{} …", words)
        case unit:
            return format_lazy("{} … {}", words, UNIT_WORDS[unit])


def in_words(condition: Condition) -> str:
    """Return a condition as a clause in the active language."""
    words = _clause(condition)
    for clause in condition.also:
        words = gettext("%(first)s and %(second)s") % {"first": words, "second": _clause(clause)}
    return words


def reason_in_words(
    condition: Condition, reference: int | None, *, is_target: bool, counts_on: bool, own: str = ""
) -> str:
    """Return what an alert says beside its values, or ''.

    `reference` is what the rule compared with, None if it may not be seen; it is of the product
    named `own`. `counts_on`: it counted from the value at an earlier alert, or from a later
    extreme."""
    if condition.kind in COMPARING_KINDS and reference is None:
        return ""
    sentence = WORDS[condition.kind].reason
    if is_target:
        sentence = _("below your target %(threshold)s")
    elif counts_on:
        sentence = _("since your last alert")
    days, threshold = days_in_words(condition.days or 1), threshold_in_words(condition)
    compared = f"{reference:,}" if condition.kind in UNITS_KINDS else formatting.money(reference)
    return str(sentence) % {"threshold": threshold, "days": days, "reference": compared, "own": own}


def _clause(condition: Condition) -> str:
    words = WORDS[condition.kind]
    sentence = words.sentence or words.name
    if condition.days is None:
        sentence = words.ever or sentence
    days = days_in_words(condition.days or 1)
    return str(sentence) % {"threshold": threshold_in_words(condition), "days": days}


def cooldown_in_words(cooldown: timedelta) -> str:
    if cooldown in COOLDOWN_WORDS:
        return str(COOLDOWN_WORDS[cooldown])
    return gettext("at most once in %(time)s") % {"time": formatting.duration(cooldown)}


def days_in_words(days: int) -> str:
    return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}


def threshold_in_words(condition: Condition) -> str:
    """Return the threshold with its unit: `10%`, `¥72.00`, `0.05`, `1,500`, `6 hours`."""
    threshold = condition.threshold
    if threshold is None:
        return ""
    whole, hundredths = divmod(threshold, 100)
    match condition.spec.unit:
        case Unit.PERCENT:
            return f"{whole}%" if not hundredths else f"{whole}.{hundredths:02d}%"
        case Unit.FEN:
            return f"¥{whole}.{hundredths:02d}"
        case Unit.SCORE:
            return f"{whole}.{hundredths:02d}"
        case Unit.COUNT:
            return f"{threshold:,}"
        case Unit.HOURS:
            return ngettext("%(hours)d hour", "%(hours)d hours", threshold) % {"hours": threshold}
    return ""
