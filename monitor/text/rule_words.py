"""The words of each kind of condition, and of reasons why a condition cannot work."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from monitor.rules.conditions import Condition, NeverReason
from monitor.rules.kinds import Kind, KindSpec, Unit
from monitor.rules.own import OwnPriceLack
from monitor.text import formatting
from monitor.text.formatting import Text


@dataclass(frozen=True, slots=True)
class KindWords:
    """The words for one kind. An empty text means that the name, or the usual sentence, is used."""

    name: Text
    #: With threshold, days and product.
    sentence: Text = ""
    #: After 'and', where a condition tests state instead of a change of state.
    besides: Text = ""
    #: Without a number of days.
    ever: Text = ""
    #: For readers who may not see the user's own product.
    unseen: Text = ""
    #: The name in a form.
    choice: Text = ""
    #: The threshold that a form proposes.
    hint: str = ""


_UNDER_MINE = (
    _("the price is under that of my own product by at least"),
    _("the price is at least %(threshold)s under that of “%(own)s”"),
)
_UNDER_UNSEEN = _("the price is at least %(threshold)s under that of a product that you cannot see")
# A form shows the product between this and the threshold.
_CHEAPER = _("it is cheaper than my product")

_PRICE = {
    Kind.PRICE_CHANGED: KindWords(_("the price changes")),
    Kind.PRICE_DROPPED: KindWords(
        _("the price drops by at least"), _("the price drops by at least %(threshold)s"), hint="10"
    ),
    Kind.PRICE_FELL_BY: KindWords(_("the price drops by at least"), _("the price drops by at least %(threshold)s")),
    Kind.PRICE_ROSE: KindWords(
        _("the price rises by at least"), _("the price rises by at least %(threshold)s"), hint="10"
    ),
    Kind.PRICE_ROSE_BY: KindWords(_("the price rises by at least"), _("the price rises by at least %(threshold)s")),
    Kind.PRICE_MOVED: KindWords(
        _("the price moves by at least"), _("the price moves by at least %(threshold)s"), hint="10"
    ),
    Kind.PRICE_BELOW: KindWords(
        _("the price falls below"),
        _("the price falls below %(threshold)s"),
        besides=_("the price is below %(threshold)s"),
    ),
    Kind.PRICE_ABOVE: KindWords(
        _("the price rises above"),
        _("the price rises above %(threshold)s"),
        besides=_("the price is above %(threshold)s"),
    ),
    Kind.PRICE_LOWEST: KindWords(
        _("the price is the lowest"),
        _("the price is the lowest in %(days)s"),
        ever=_("the price is lower than ever before"),
    ),
    Kind.PRICE_HIGHEST: KindWords(
        _("the price is the highest"),
        _("the price is the highest in %(days)s"),
        ever=_("the price is higher than ever before"),
    ),
    Kind.PRICE_BELOW_HIGH: KindWords(
        _("the price is below its highest by at least"),
        _("the price is at least %(threshold)s below the highest of %(days)s"),
        hint="10",
    ),
    Kind.PRICE_ABOVE_LOW: KindWords(
        _("the price is above its lowest by at least"),
        _("the price is at least %(threshold)s above the lowest of %(days)s"),
        hint="10",
    ),
    Kind.UNDER_MINE: KindWords(*_UNDER_MINE, unseen=_UNDER_UNSEEN, choice=_CHEAPER, hint="5"),
    Kind.UNDER_MINE_BY: KindWords(*_UNDER_MINE, unseen=_UNDER_UNSEEN, choice=_CHEAPER),
    Kind.LIST_PRICE_CHANGED: KindWords(_("the list price changes")),
    Kind.SKU_RANGE_CHANGED: KindWords(_("the range of SKU prices changes")),
}
_SALES = {
    Kind.SALES_GREW: KindWords(
        _("sales grow by at least"),
        _("sales grow by at least %(threshold)s within %(days)s"),
        besides=_("sales have grown by at least %(threshold)s within %(days)s"),
        hint="20",
    ),
    Kind.SALES_GREW_BY: KindWords(
        _("sales grow by at least"),
        _("at least %(threshold)s more are sold within %(days)s"),
        besides=_("at least %(threshold)s more have been sold within %(days)s"),
    ),
    Kind.SALES_PACE_DOUBLED: KindWords(
        _("sales are twice as fast"), _("%(days)s sell at least twice as many as the %(days)s before")
    ),
}
_STATUS = {
    Kind.STATUS_CHANGED: KindWords(_("the status changes")),
    Kind.ON_SALE: KindWords(_("it is on sale")),
    Kind.LEFT_SHELF: KindWords(_("it is no longer on sale")),
    Kind.CAME_BACK: KindWords(_("it comes back on sale")),
    Kind.BANNED: KindWords(_("it is banned")),
    Kind.GONE: KindWords(_("it is deleted or not found")),
}
_PAGE = {
    Kind.TITLE_CHANGED: KindWords(_("the title changes")),
    Kind.IMAGES_CHANGED: KindWords(_("the images change")),
    Kind.SPECIFICATION_CHANGED: KindWords(_("the specification or the attributes change")),
    Kind.FREIGHT_CHANGED: KindWords(_("the freight changes")),
    Kind.PROMISES_CHANGED: KindWords(_("the service promises change")),
}
_SHOP = {
    Kind.SHOP_SCORE_FELL: KindWords(
        _("a shop score falls by at least"), _("a shop score falls by at least %(threshold)s"), hint="0.1"
    ),
    Kind.SHOP_SCORE_SLIPPED: KindWords(_("a shop score falls by 0.1 of 5 or 1 of 100")),
    Kind.SHOP_SCORE_BELOW: KindWords(_("a shop score falls below"), _("a shop score falls below %(threshold)s")),
    Kind.SHOP_BELOW_AVERAGE: KindWords(_("a shop score turns below average")),
}
_CHECKS = {Kind.SILENT: KindWords(_("no check succeeds for"), _("no check succeeds for %(threshold)s"), hint="6")}
#: Kinds under headings.
GROUPS = [
    (_("Price"), _PRICE),
    (_("Sales"), _SALES),
    (_("Status"), _STATUS),
    (_("Page content"), _PAGE),
    (_("Shop"), _SHOP),
    (_("Checks"), _CHECKS),
]
WORDS = {kind: words for _heading, kinds in GROUPS for kind, words in kinds.items()}

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
    NeverReason.CONTRADICTION: _("These conditions contradict each other."),
}
LACK_WORDS = {
    OwnPriceLack.UNSEEN: _("Waiting: not all members can see the compared product."),
    OwnPriceLack.UNASKED: _("Waiting: the compared product is not checked."),
    OwnPriceLack.STALE: _("Waiting: the compared product's last check is too old."),
    OwnPriceLack.NO_PRICE: _("Waiting: the compared product has no price."),
}
COOLDOWN_WORDS = {
    timedelta(0): _("every time"),
    timedelta(hours=1): _("at most once an hour"),
    timedelta(hours=6): _("at most once in 6 hours"),
    timedelta(days=1): _("at most once a day"),
    timedelta(days=7): _("at most once a week"),
}


def kind_choices() -> list[tuple[Text, list[tuple[str, Text]]]]:
    """Choices of a model's field: a function, so that a new kind needs no migration."""
    return [(heading, [(kind.value, words.name) for kind, words in kinds.items()]) for heading, kinds in GROUPS]


def kind_options(is_offered: Callable[[KindSpec], bool]) -> list[tuple[Any, list[tuple[str, Any]]]]:
    """Options of a form, under headings. Each shows its unit, because two kinds may have the same name."""
    groups = [(heading, [kind for kind in kinds if is_offered(kind.spec)]) for heading, kinds in GROUPS]
    return [(heading, [(kind.value, choice_words(kind)) for kind in kinds]) for heading, kinds in groups if kinds]


def choice_words(kind: Kind) -> Text:
    words = WORDS[kind].choice or WORDS[kind].name
    match kind.spec.unit:
        case Unit.NONE:
            return words
        case Unit.FEN:
            return format_lazy("{} ¥ …", words)
        case Unit.SCORE:
            return format_lazy("{} …", words)
        case unit:
            return format_lazy("{} … {}", words, UNIT_WORDS[unit])


def in_words(condition: Condition, own: str = "") -> str:
    """A condition as a clause in the active language.

    `own` is the name of the user's own product, or '' if the reader may not see it.
    """
    words = _clause(condition, own)
    for clause in condition.also:
        words = gettext("%(first)s and %(second)s") % {"first": words, "second": _clause(clause, is_besides=True)}
    return words


def besides_in_words(condition: Condition) -> str:
    """The further conditions as a list of clauses; '' without any."""
    return ", ".join(_clause(clause, is_besides=True) for clause in condition.also)


def _clause(condition: Condition, own: str = "", *, is_besides: bool = False) -> str:
    words = WORDS[condition.kind]
    sentence = (is_besides and words.besides) or words.sentence or words.name
    if condition.days is None:
        sentence = words.ever or sentence
    if not own:
        sentence = words.unseen or sentence
    days = days_in_words(condition.days or 1)
    return str(sentence) % {"threshold": threshold_in_words(condition), "days": days, "own": own}


def cooldown_in_words(cooldown: timedelta) -> str:
    if cooldown in COOLDOWN_WORDS:
        return str(COOLDOWN_WORDS[cooldown])
    return gettext("at most once in %(time)s") % {"time": formatting.duration(cooldown)}


def days_in_words(days: int) -> str:
    return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}


def threshold_in_words(condition: Condition) -> str:
    """The threshold with its unit: `10%`, `¥72.00`, `0.05`, `1,500`, `6 hours`."""
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
