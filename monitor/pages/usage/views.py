"""What merchants use of their allowances, and what the account's calls come to."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from monitor.models import Charge
from monitor.pages.shared.answers import (
    PageRequest,
    frame_of,
    page,
    signed_in,
)
from monitor.pages.usage.ledger import LedgerDay
from monitor.pages.usage.reads import RANGES, account, list_costs, spending
from monitor.provider.codes import Billing
from monitor.showing.reads.usage import own_allowance, own_days

DEFAULT_DAYS = 30
_DAYS = {str(number) for number in RANGES}
BILLING_LABELS = {
    Billing.BILLED: gettext_lazy("Billed"),
    Billing.NOT_BILLED: gettext_lazy("Not billed"),
    Billing.POSSIBLY: gettext_lazy("Possibly billed"),
}


@signed_in("GET")
def usage(request: PageRequest) -> HttpResponse:
    """Show what was used in the last days: of their allowance for merchants, of the account for
    operators."""
    asked = request.GET.get("days", "")
    length = int(asked) if asked in _DAYS else DEFAULT_DAYS
    return _account(request, length) if request.user.is_staff else _own(request, length)


def _shared(request: PageRequest, length: int) -> dict[str, Any]:
    """Return what the pages of merchants and operators share."""
    return {
        "nav": "usage",
        "length": length,
        "reasons": Charge.Reason.labels,
        "ranges": {number: _("%(n)d days") % {"n": number} for number in RANGES},
    }


def _own(request: PageRequest, length: int) -> HttpResponse:
    """Answer with a merchant's page: the allowance, and the checks made for them."""
    days = own_days(request.user, length, request.now)
    context = {
        **_shared(request, length),
        "own": own_allowance(request.user, request.now),
        "rows": [day for day in reversed(days) if day["total"]],
        "chart": json.dumps(_own_chart(days)),
        "costs": list_costs(request.user),
    }
    return page(request, "usage/own.html", context, region="usage")


def _own_chart(days: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return one series for each reason of a call."""
    return {
        "days": [day["day"].isoformat() for day in days],
        "series": [
            {
                "name": reason.value,
                "label": capfirst(str(reason.label)),
                "calls": [day["calls"][place] for day in days],
            }
            for place, reason in enumerate(Charge.Reason)
        ],
    }


def _account(request: PageRequest, length: int) -> HttpResponse:
    """Answer with the operators' page: the account's calls, for whom they were made, and where they
    lead."""
    frame = frame_of(request)
    used = account(length, frame.calls, frame.budget, request.now)
    context = {
        **_shared(request, length),
        "account": used,
        "spending": spending(length, request.now),
        "rows": [day for day in reversed(used["days"]) if day.total or day.provider_used],
        "chart": json.dumps(_calls_chart(used["days"], frame.budget)),
        "costs": list_costs(request.user),
    }
    return page(request, "usage.html", context, region="usage")


def _calls_chart(days: Sequence[LedgerDay], budget: int) -> dict[str, Any]:
    """Return one series for each way in which calls are billed, beside the provider's count and the
    budget."""
    return {
        "days": [day.day.isoformat() for day in days],
        "series": [
            {
                "name": billing.value,
                "label": str(label),
                "calls": [day.calls[billing] for day in days],
            }
            for billing, label in BILLING_LABELS.items()
        ],
        "provider": {
            "label": _("The provider's count"),
            "calls": [day.provider_used for day in days],
        },
        "budget": {"label": _("Budget"), "calls": budget},
    }
