"""The range of a history that an address names, and the part of it that the charts are zoomed
to."""

from datetime import UTC, datetime
from itertools import dropwhile

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from monitor.history.reads import DEFAULT_RANGE, RANGES
from monitor.pages.shared.answers import PageRequest, number_in, unknown_choice
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
    part. Ignores a bad name."""
    asked = request.GET.get("range", DEFAULT_RANGE)
    name = asked if asked in RANGES else DEFAULT_RANGE
    start, _problems = _zoomed_from(request.GET, request.now)
    if start is None:
        return name
    longer = dropwhile(lambda other: other != name, RANGES)
    return next(
        range
        for range in longer
        if (length := RANGES[range]) is None or length >= request.now - start
    )


def ignored_range(request: PageRequest) -> list[tuple[str, str, str]]:
    """Bad values in an address that names a range, as `Filters.ignored` lists them."""
    _start, problems = _zoomed_from(request.GET, request.now)
    return unknown_choice(request.GET, "range", RANGES) + problems


def _zoomed_from(
    query: QueryDict, now: datetime
) -> tuple[datetime | None, list[tuple[str, str, str]]]:
    """Return where the zoomed part begins, or what is wrong with it."""
    texts = {name: text for name in ("from", "to") if (text := query.get(name, ""))}
    moments = {name: moment for name, text in texts.items() if (moment := _moment(text))}
    if bad := [(name, text, "") for name, text in texts.items() if name not in moments]:
        return None, bad
    if not moments:
        return None, []
    if len(moments) == 1:
        ((name, text),) = texts.items()
        return None, [(name, text, _("The other end of the range is missing."))]
    if moments["to"] <= moments["from"]:
        return None, [("to", texts["to"], _("The range ends before it begins."))]
    if moments["from"] >= now:
        return None, [("from", texts["from"], _("That is in the future."))]
    return moments["from"], []


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, MOMENT).replace(tzinfo=UTC)
    except ValueError:
        return None


def chosen_moment(request: PageRequest, name: str = "before") -> datetime | None:
    """Return a moment in the address, in microseconds: a timeline shows what was `before` it."""
    moment = number_in(request.GET.get(name, ""), 16)
    return None if moment is None else at_microseconds(moment)
