"""The range of a history that an address names, and the part of it that the charts are zoomed
to."""

from datetime import UTC, datetime
from itertools import dropwhile

from django.utils.translation import gettext_lazy

from monitor.pages.shared.answers import PageRequest, number_in
from monitor.showing.history.reads import DEFAULT_RANGE, RANGES
from monitor.text.clock import at_microseconds

#: A moment in an address, in UTC: everyone who opens a shared link sees the same part on their own
#: clock.
MOMENT = "%Y%m%dT%H%MZ"
#: In the order in which they are offered.
RANGE_LABELS = {
    "24h": gettext_lazy("24 h"),
    "7d": gettext_lazy("7 days"),
    "30d": gettext_lazy("30 days"),
    "90d": gettext_lazy("90 days"),
    "1y": gettext_lazy("1 year"),
    "all": gettext_lazy("All"),
}


def chosen_range(request: PageRequest) -> str:
    """Return the range that the address names, or the next one that reaches back to the zoomed
    part. Ignores what it does not understand."""
    asked = request.GET.get("range", "")
    name = asked if asked in RANGES else DEFAULT_RANGE
    start = _moment(request.GET.get("from", ""))
    if start is None:
        return name
    age = request.now - start
    longer = dropwhile(lambda other: other != name, RANGES)
    return next(each for each in longer if (length := RANGES[each]) is None or length >= age)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, MOMENT).replace(tzinfo=UTC)
    except ValueError:
        return None


def chosen_moment(request: PageRequest) -> datetime | None:
    """Return a moment in the address, in microseconds: a timeline shows what was before it."""
    moment = number_in(request.GET.get("before", ""), 16)
    return None if moment is None else at_microseconds(moment)
