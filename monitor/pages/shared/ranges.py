"""The range of a history that an address asks for, and the stretch of it that its charts are magnified to."""

from datetime import UTC, datetime
from itertools import dropwhile
from typing import NamedTuple

from django.http import QueryDict
from django.utils.translation import gettext as _

from monitor.history.reads import DEFAULT_RANGE, RANGES
from monitor.pages.shared.answers import PageRequest, odd
from monitor.text.clock import at_microseconds

#: A moment in an address, in UTC: whoever opens a shared link sees the same stretch on a clock of his own.
MOMENT = "%Y%m%dT%H%MZ"


class Stretch(NamedTuple):
    """What the charts of a page are magnified to."""

    start: datetime
    end: datetime


def range_labels() -> dict[str, str]:
    """The names of the ranges, in the order in which they are offered."""
    return {
        "24h": _("24 h"),
        "7d": _("7 days"),
        "30d": _("30 days"),
        "90d": _("90 days"),
        "1y": _("1 year"),
        "all": _("All"),
    }


def chosen_range(request: PageRequest) -> str:
    """The range that the address names, or the next one that reaches back to the stretch to be seen.

    An odd one counts as not given.
    """
    asked = request.GET.get("range", DEFAULT_RANGE)
    name = asked if asked in RANGES else DEFAULT_RANGE
    stretch, _problems = _read(request.GET, request.now)
    if stretch is None:
        return name
    reach = request.now - stretch.start
    longer = dropwhile(lambda one: one != name, RANGES)
    return next(one for one in longer if (length := RANGES[one]) is None or length >= reach)


def odd_range(request: PageRequest) -> list[tuple[str, str, str]]:
    """What nothing can be made of in an address that asks for a range, as `Filters.ignored` tells it."""
    _stretch, problems = _read(request.GET, request.now)
    return odd(request.GET, "range", RANGES) + problems


def _read(query: QueryDict, now: datetime) -> tuple[Stretch | None, list[tuple[str, str, str]]]:
    told = {name: text for name in ("from", "to") if (text := query.get(name, ""))}
    moments = {name: moment for name, text in told.items() if (moment := _moment(text))}
    if strange := [(name, text, "") for name, text in told.items() if name not in moments]:
        return None, strange
    if len(moments) == 1:
        ((name, text),) = told.items()
        return None, [(name, text, _("The other end of the stretch is missing."))]
    if not moments:
        return None, []
    stretch = Stretch(moments["from"], moments["to"])
    if stretch.end <= stretch.start:
        return None, [("to", told["to"], _("The stretch ends before it begins."))]
    if stretch.start >= now:
        return None, [("from", told["from"], _("That is still to come."))]
    return stretch, []


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, MOMENT).replace(tzinfo=UTC)
    except ValueError:
        return None


def chosen_before(request: PageRequest) -> datetime | None:
    """The moment in microseconds from which on the timeline has been shown already."""
    text = request.GET.get("before", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        return None
    return at_microseconds(int(text))
