"""Values of watches, changes, products and requested checks in words. Templates use some as
filters."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import get_language, gettext, gettext_noop, ngettext

from monitor.judging.changes import Json
from monitor.judging.doubts import Doubt
from monitor.models import Alert, Change, Pace, Watch
from monitor.models.changes import FIELD_CHOICES
from monitor.models.usage import quota_reset
from monitor.people.allowances import AllowanceError, CheckAllowance
from monitor.showing.history.steps import Steps
from monitor.text import formatting
from monitor.text.clock import spoken
from monitor.watching.requests import GrantedChecks

#: Of a value in a row.
LONGEST_VALUE = 60
#: Common service promises, by the provider's names.
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


def every_watch(watch: Watch) -> str:
    """Return how one product is checked: as its watch says, or else its list."""
    pace = watch.pace or watch.watchlist.pace
    return formatting.every(watch.interval or watch.watchlist.interval, is_fixed=pace == Pace.FIXED)


def own_pace(watch: Watch) -> str:
    """Return the watch's own settings; '' if it follows its list in everything."""
    parts = [
        every_watch(watch) if watch.interval or watch.pace else "",
        gettext("at most every %(time)s") % {"time": formatting.duration(watch.soonest)}
        if watch.soonest
        else "",
        gettext("priority %(priority)s") % {"priority": watch.get_priority_display()}
        if watch.priority
        else "",
    ]
    return gettext("; ").join(filter(None, parts))


def before(change: Change | Alert | Doubt) -> str:
    return value_in_words(change.field, change.before)


def after(change: Change | Alert | Doubt) -> str:
    return value_in_words(change.field, change.after)


def headline(steps: Steps) -> str:
    """Return the first and last value of joined alerts in words."""
    return steps.headline(words_of(steps.newest))


def path(steps: Steps) -> str:
    """Return all values of joined alerts in words, or '' if the headline has them all."""
    return steps.path(words_of(steps.newest))


def words_of(alert: Alert) -> Callable[[Json], str]:
    """Return how a value of the alert's field is written, cut to `LONGEST_VALUE`."""
    sales_step = (alert.product.sales_step if alert.product else None) or 1
    return lambda value: formatting.one_line(
        value_in_words(alert.field, value, sales_step), LONGEST_VALUE
    )


def score_name(field: str) -> str:
    return capfirst(str(dict(FIELD_CHOICES)[field]))


def freight_text(rule: dict[str, Any]) -> str:
    return value_in_words("freight", [rule])


def promise_text(promise: str) -> str:
    """Return a service promise in words; an unknown one as the provider names it."""
    return gettext(PROMISES[promise]) if promise in PROMISES else promise


def value_in_words(field: str, value: Any, sales_step: int = 1) -> str:
    return formatting.field_value(field, value, get_language() or "en", sales_step=sales_step)


def used_up_in_words(allowance: CheckAllowance, fills_at: datetime) -> str:
    """Return why the user may request no more checks today, and when they may again."""
    if allowance.is_used_up:
        text = ngettext(
            "Your %(n)s check for today is used. More %(at)s.",
            "All %(n)s checks for today are used. More %(at)s.",
            allowance.a_day,
        )
    else:
        text = gettext("No manual checks are left today. More %(at)s.")
    return text % {"n": f"{allowance.a_day:,}", "at": spoken(fills_at)}


def allowance_in_words(error: AllowanceError) -> str:
    """Return why a person may not have more, and what to do."""
    texts = {
        "lists": gettext(
            "You may have %(most)s watchlists. Deleted ones count until they are gone for good."
        ),
        "products": gettext(
            "One person's watchlists, deleted ones too, may hold %(most)s products: %(left)s "
            "more fit."
        ),
        "shops": gettext(
            "The lists of one person may follow %(most)s shops, and as many anew a day."
        ),
        "imports": gettext(
            "You may add products %(most)s times a day: add several at once, or go on tomorrow."
        ),
        "sheets": gettext("You may upload %(most)s sheets a day: go on tomorrow."),
        "import_rows": gettext(
            "Your uploads of the last 7 days may have %(most)s rows: %(left)s more fit."
        ),
    }
    text = texts[error.limit] % {"most": f"{error.most:,}", "left": f"{error.left:,}"}
    return text + formatting.space() + gettext("The operator can allow you more.")


def refused_in_words(asked: GrantedChecks, now: datetime) -> str:
    """Return how many checks were refused, why, and when to ask again; '' if none was."""
    more = asked.over_allowance
    if not more or asked.allowance is None:
        return ""
    text = ngettext("%(more)s more is not checked.", "%(more)s more are not checked.", more) % {
        "more": f"{more:,}"
    }
    return text + formatting.space() + used_up_in_words(asked.allowance, quota_reset(now))
