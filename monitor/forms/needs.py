"""Rules for what merchants commonly need, to begin with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from monitor.rules import Condition, Kind
from monitor.watchlists.rules import Terms

#: What a new rule begins with.
USUAL_COOLDOWN = timedelta(hours=1)
USUAL = Terms(Condition(Kind.PRICE_DROPPED, 1000), USUAL_COOLDOWN)


@dataclass(frozen=True, slots=True)
class Need:
    """A rule by the name of what it is for, and why somebody would want it."""

    title: Promise
    why: Promise
    terms: Terms


def _need(title: Promise, why: Promise, condition: Condition, **more: object) -> Need:
    return Need(title, why, Terms(condition, **{"cooldown": USUAL_COOLDOWN, **more}))  # type: ignore[arg-type]


#: By the word that an address has for each.
NEEDS: Mapping[str, Need] = {
    "protect-price": _need(
        _("Protect my price"),
        _("A rival sells for less than I do."),
        Condition(Kind.UNDER_MINE_BY, 1),
    ),
    "out-of-stock": _need(
        _("Supplier out of stock"),
        _("A product leaves the shelf, is banned or gone."),
        Condition(Kind.LEFT_SHELF),
        is_urgent=True,
    ),
    "promotion": _need(
        _("A rival's promotion"),
        _("The price is a tenth below its highest of the month."),
        Condition(Kind.PRICE_BELOW_HIGH, 1000, 30),
    ),
    "lowest-price": _need(
        _("New lowest price"),
        _("It has not been as cheap for three months."),
        Condition(Kind.PRICE_LOWEST, days=90),
    ),
    "best-seller": _need(
        _("Best-seller"),
        _("It sells twice as fast as the week before."),
        Condition(Kind.SALES_PACE_DOUBLED, days=7),
        cooldown=timedelta(days=1),
    ),
    "shop-score": _need(
        _("Falling shop score"),
        _("One of the shop's three scores gets worse."),
        Condition(Kind.SHOP_SCORE_FELL, 10),
    ),
    "silence": _need(
        _("Monitoring went silent"),
        _("For six hours no check has succeeded."),
        Condition(Kind.SILENT, 6),
        cooldown=timedelta(days=1),
    ),
}
