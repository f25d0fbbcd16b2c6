"""What the calls come to."""

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from monitor.pages.shared.answers import PageRequest, frame_of, not_modified, odd, page, signed_in
from monitor.pages.usage.delays import Delays, delays
from monitor.pages.usage.reads import RANGES, DayUsage, Ended, account, causes, labelled, list_costs
from monitor.pages.usage.spending import Lively, spending

DEFAULT_DAYS = 30
_DAYS = {str(number) for number in RANGES}


@signed_in
@require_safe
def usage(request: PageRequest) -> HttpResponse:
    """The account's calls of the last days, and where they lead."""
    if unchanged := not_modified(request):
        return unchanged
    frame = frame_of(request)
    found = account(_days(request), frame.calls, frame.budget, request.now)
    spent = spending()
    soon = delays({day.day: day.total for day in found.days}, spent.products if spent else 0, request.now)
    costs = list_costs(request.user, found.outlook.forecast)
    context = {
        "nav": "usage",
        "account": found,
        "rows": labelled(found.days),
        "chart": json.dumps(_chart(found.days, frame.budget)),
        "spending": spent,
        "found": soon,
        "found_chart": json.dumps(_found(soon)),
        "lively": _lively_labels(),
        "costs": costs,
        "causes": causes(costs, found.outlook.forecast),
        "ignored": odd(request.GET, "days", _DAYS),
        "ranges": {number: _("%(n)d days") % {"n": number} for number in RANGES},
    }
    return page(request, "usage.html", context, region="usage")


def _days(request: PageRequest) -> int:
    text = request.GET.get("days", "")
    return int(text) if text in _DAYS else DEFAULT_DAYS


def _chart(days: Sequence[DayUsage], budget: int) -> dict[str, Any]:
    """The days as a chart draws them: one series for each way in which calls ended, ours above the provider's."""
    return {
        "days": [day.day.isoformat() for day in days],
        "series": [
            {"name": ended.value, "label": label, "calls": [day.calls[ended] for day in days]}
            for ended, label in _ended_labels().items()
        ],
        "provider": {"label": _("The provider's count"), "calls": [day.provider_used for day in days]},
        "budget": {"label": _("Budget"), "calls": budget},
    }


def _found(soon: Delays) -> dict[str, Any]:
    """How soon changes were found as a chart draws it, in minutes; days that tell little are told apart."""

    def line(name: str, label: str, lengths: Iterable[timedelta | None]) -> dict[str, Any]:
        minutes = [None if one is None else round(one / timedelta(minutes=1), 2) for one in lengths]
        return {"name": name, "label": label, "minutes": minutes}

    return {
        "days": [one.day.isoformat() for one in soon.days],
        "few": [one.are_few for one in soon.days],
        "changes": {"label": _("Changes"), "counts": [one.changes for one in soon.days]},
        "series": [
            line("half", _("Half of them within"), (one.half for one in soon.days)),
            line("nearly_all", _("95 of 100 within"), (one.nearly_all for one in soon.days)),
            line("even", _("Half within, evenly polled"), (one.even for one in soon.days)),
        ],
    }


def _ended_labels() -> dict[Ended, str]:
    return {
        Ended.ANSWERED: _("Answered"),
        Ended.NOT_FOUND: _("Not found"),
        Ended.FAILED: _("Failed, not billed"),
        Ended.DOUBTFUL: _("Failed, possibly billed"),
        Ended.UNKNOWN: _("End not known"),
    }


def _lively_labels() -> dict[Lively, str]:
    return {
        Lively.OFTEN: _("several times a day"),
        Lively.DAILY: _("about once a day"),
        Lively.WEEKLY: _("about once a week"),
        Lively.SELDOM: _("more seldom"),
        Lively.FIXED: _("at a fixed interval, however often"),
    }
