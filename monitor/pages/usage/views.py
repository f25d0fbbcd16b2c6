"""What the account's calls come to."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from monitor.pages.shared.answers import PageRequest, frame_of, not_modified, page, signed_in, unknown_choice
from monitor.pages.usage.delays import delays
from monitor.pages.usage.ledger import Ended, LedgerDay
from monitor.pages.usage.reads import RANGES, account, causes, list_costs
from monitor.pages.usage.spending import Lively, spending

DEFAULT_DAYS = 30
_DAYS = {str(number) for number in RANGES}


@signed_in("GET")
def usage(request: PageRequest) -> HttpResponse:
    """The account's calls of the last days, and where they lead."""
    if unchanged := not_modified(request):
        return unchanged
    frame, asked = frame_of(request), request.GET.get("days", "")
    used = account(int(asked) if asked in _DAYS else DEFAULT_DAYS, frame.calls, frame.budget, request.now)
    spent = spending()
    found_within = delays({day.day: day.total for day in used["days"]}, spent["products"] if spent else 0, request.now)
    costs = list_costs(request.user, used["outlook"]["forecast"])
    context = {
        "nav": "usage",
        "account": used,
        "rows": [day for day in reversed(used["days"]) if day.total or day.provider_used],
        "chart": json.dumps(_calls_chart(used["days"], frame.budget)),
        "spending": spent,
        "found": found_within,
        "found_chart": json.dumps(_delays_chart(found_within)),
        "lively": dict(Lively.choices),
        "costs": costs,
        "causes": causes(costs, used["outlook"]["forecast"]),
        "ignored": unknown_choice(request.GET, "days", _DAYS),
        "ranges": {number: _("%(n)d days") % {"n": number} for number in RANGES},
    }
    return page(request, "usage.html", context, region="usage")


def _calls_chart(days: Sequence[LedgerDay], budget: int) -> dict[str, Any]:
    """One series for each way in which calls ended, beside the provider's count and the budget."""
    return {
        "days": [day.day.isoformat() for day in days],
        "series": [
            {"name": ended.value, "label": str(ended.label), "calls": [day.calls[ended] for day in days]}
            for ended in Ended
        ],
        "provider": {"label": _("The provider's count"), "calls": [day.provider_used for day in days]},
        "budget": {"label": _("Budget"), "calls": budget},
    }


def _delays_chart(found_within: Mapping[str, Any]) -> dict[str, Any]:
    """How soon changes were found, in minutes. Days with few changes are marked."""

    def line(name: str, label: str, lengths: Iterable[timedelta | None]) -> dict[str, Any]:
        minutes = [None if length is None else round(length / timedelta(minutes=1), 2) for length in lengths]
        return {"name": name, "label": label, "minutes": minutes}

    return {
        "days": [delay["day"].isoformat() for delay in found_within["days"]],
        "few": [delay["are_few"] for delay in found_within["days"]],
        "changes": {"label": _("Changes"), "counts": [delay["changes"] for delay in found_within["days"]]},
        "series": [
            line("half", _("Half of them within"), (delay["half"] for delay in found_within["days"])),
            line("nearly_all", _("95 of 100 within"), (delay["nearly_all"] for delay in found_within["days"])),
            line("even", _("Half within, checked evenly"), (delay["even"] for delay in found_within["days"])),
        ],
    }
