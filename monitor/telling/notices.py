"""Notices to operators: the meaning of a provider's status code, and what to do."""

from datetime import tzinfo
from typing import Any

from django.utils.translation import gettext, gettext_lazy

from monitor.models import Message
from monitor.polling.budget.ledger import NO_ROOM
from monitor.provider.codes import TABLE
from monitor.telling.links import link
from monitor.text.formatting import one_line

LONGEST_REASON = 300
_ASK = gettext_lazy("Ask the provider how to start it again.")
#: What to do about the codes that stop all polling.
STOPS = {
    "4004": gettext_lazy(
        "Compare PROVIDER_KEY with the key that the provider shows for your account."
    ),
    "4005": gettext_lazy(
        "Compare PROVIDER_KEY and PROVIDER_SECRET with what the provider shows. It also answers "
        "so when the API is not enabled for the key or the key has used up its calls."
    ),
    "4006": _ASK,
    "4007": _ASK,
    "4010": gettext_lazy("Check PROVIDER_URL and PROVIDER_API."),
    "4012": gettext_lazy("Add the API to your account on the provider's site."),
    "4016": gettext_lazy("Top up the account on the provider's site."),
    NO_ROOM: gettext_lazy("Free up disk space. Checks resume by themselves."),
}
_UNKNOWN = gettext_lazy("Look up the code in the provider's documentation, or ask its support.")


def meaning_of(code: str) -> str:
    """Return what a code that stops all polling means, in the active language."""
    if code == NO_ROOM:
        return gettext("the database's disk is full")
    return (
        gettext(TABLE[code].meaning) if code in STOPS else gettext("the provider refuses to answer")
    )


def facts(email: Message, zone: tzinfo) -> dict[str, Any]:
    """Return the facts of a notice, in the active language, by the `code` and `reason` of the row's
    context."""
    code = one_line(str(email.context["code"]), 20)
    return {
        "code": code,
        "meaning": meaning_of(code),
        "advice": STOPS.get(code, _UNKNOWN),
        # In the provider's own words.
        "reason": one_line(str(email.context.get("reason", "")), LONGEST_REASON),
        "link": link("admin:index"),
    }
