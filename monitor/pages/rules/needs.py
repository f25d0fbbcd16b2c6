"""Rules for what merchants commonly need, to begin with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from monitor.models.rules import USUAL_COOLDOWN
from monitor.rules.conditions import Condition
from monitor.rules.kinds import Kind
from monitor.watchlists.rules import Terms

#: What a new rule begins with.
USUAL = Terms(Condition(Kind.PRICE_DROPPED, 1000), USUAL_COOLDOWN)


@dataclass(frozen=True, slots=True)
class Need:
    """A rule by the name of what it is for, and why somebody would want it."""

    title: Promise
    why: Promise
    terms: Terms


#: By the word that an address has for each.
NEEDS: Mapping[str, Need] = {
    "protect-price": Need(
        _("Protect my price"),
        _("A rival sells for less than I do."),
        Terms(Condition(Kind.UNDER_MINE_BY, 1), USUAL_COOLDOWN),
    ),
    "out-of-stock": Need(
        _("Supplier out of stock"),
        _("A product leaves the shelf, is banned or gone."),
        Terms(Condition(Kind.LEFT_SHELF), USUAL_COOLDOWN, is_urgent=True),
    ),
    "promotion": Need(
        _("A rival's promotion"),
        _("The price is a tenth below its highest of the month."),
        Terms(Condition(Kind.PRICE_BELOW_HIGH, 1000, 30), USUAL_COOLDOWN),
    ),
    "lowest-price": Need(
        _("New lowest price"),
        _("It has not been as cheap for three months."),
        Terms(Condition(Kind.PRICE_LOWEST, days=90), USUAL_COOLDOWN),
    ),
    "best-seller": Need(
        _("Best-seller"),
        _("It sells twice as fast as the week before."),
        Terms(Condition(Kind.SALES_PACE_DOUBLED, days=7), timedelta(days=1)),
    ),
    "shop-score": Need(
        _("Falling shop score"),
        _("One of the shop's three scores gets worse."),
        Terms(Condition(Kind.SHOP_SCORE_FELL, 10), USUAL_COOLDOWN),
    ),
    "silence": Need(
        _("Monitoring went silent"),
        _("For six hours no check has succeeded."),
        Terms(Condition(Kind.SILENT, 6), timedelta(days=1)),
    ),
}
