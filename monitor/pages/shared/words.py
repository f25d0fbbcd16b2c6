"""Values of watches, changes and products in the words of pages. Templates have them as filters."""

from typing import Any

from django.utils.text import capfirst
from django.utils.translation import get_language, gettext, gettext_noop

from monitor.doubts import Doubt
from monitor.models import Alert, Change, Pace, Watch
from monitor.models.changes import FIELD_CHOICES
from monitor.text import formatting

#: The provider's names of the promises that are common enough to have words of their own.
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
    """How one product is checked, by what its watch says or else its list."""
    pace = watch.pace or watch.watchlist.pace
    return formatting.every(watch.interval or watch.watchlist.interval, is_fixed=pace == Pace.FIXED, is_one=True)


def own_pace(watch: Watch) -> str:
    """What is asked for one product alone, in words; '' where all is as its list has it."""
    hours = {"first": f"{watch.hours_from}:00", "until": f"{watch.hours_until}:00"}
    told = [
        every_watch(watch) if watch.interval or watch.pace else "",
        gettext("at most every %(time)s") % {"time": formatting.duration(watch.soonest)} if watch.soonest else "",
        gettext("from %(first)s until %(until)s in China") % hours if watch.hours_from is not None else "",
        gettext("priority %(priority)s") % {"priority": watch.get_priority_display()} if watch.priority else "",
    ]
    return gettext("; ").join(filter(None, told))


def before(change: Change | Alert | Doubt) -> str:
    return value_in_words(change.field, change.before)


def after(change: Change | Alert | Doubt) -> str:
    return value_in_words(change.field, change.after)


def score_name(field: str) -> str:
    """What one of a shop's three scores is called."""
    return capfirst(str(dict(FIELD_CHOICES)[field]))


def freight_text(rule: dict[str, Any]) -> str:
    return value_in_words("freight", [rule])


def promise_text(promise: str) -> str:
    """A service promise in words; one that is not known is shown as it was told."""
    return gettext(PROMISES[promise]) if promise in PROMISES else promise


def value_in_words(field: str, value: Any) -> str:
    return formatting.field_value(field, value, get_language() or "en")
