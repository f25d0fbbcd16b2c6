"""One's own allowance and what of it is used."""

from datetime import UTC
from typing import Any

from ninja import Router

from monitor.api.auth import ApiRequest
from monitor.api.schemas import UsageOut
from monitor.showing.reads.frame import read_frame
from monitor.showing.reads.usage import LIMITS, own_allowance, own_days

router = Router(tags=["usage"])
DAYS = 30


@router.get("/usage", response=UsageOut)
def usage(request: ApiRequest) -> Any:
    """Your allowance: checks, lists, products and messages, and the calls made for you in the last
    30 days."""
    caller = request.auth
    caller.refuse_one_list()
    frame = read_frame(caller.user, caller.now)
    own, checks = own_allowance(caller.user, caller.now), frame.allowance
    return {
        "checks": {"used": checks and checks.used, "most": checks and checks.a_day},
        "checks_left": frame.checks_left,
        "resets_at": frame.resets_at.astimezone(UTC),
        **{limit: own[limit] for limit in LIMITS},
        "days": [
            {"day": f"{day['day']:%Y-%m-%d}", "calls": round(day["total"], 1)}
            for day in own_days(caller.user, DAYS, caller.now)
        ],
    }
