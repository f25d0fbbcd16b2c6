"""Notices to operators: the meaning of a provider's status code, and what to do."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, gettext_lazy

from monitor.delivery.report.subjects import LONGEST_SUBJECT
from monitor.text.formatting import one_line

LONGEST_REASON = 300
#: Codes that stop all polling: their meaning, and what to do.
STOPS = {
    "4004": (
        gettext_lazy("the provider knows no such account"),
        gettext_lazy("Compare PROVIDER_KEY with the key that the provider shows for your account."),
    ),
    "4005": (
        gettext_lazy("authentication failed"),
        gettext_lazy(
            "Compare PROVIDER_KEY and PROVIDER_SECRET with what the provider shows. It also answers so when the API "
            "is not enabled for the key or the key has used up its calls."
        ),
    ),
    "4006": (
        gettext_lazy("the provider has stopped this API for you"),
        gettext_lazy("Ask the provider why, and what it takes to start it again."),
    ),
    "4007": (
        gettext_lazy("the account is stopped"),
        gettext_lazy("Ask the provider why, and what it takes to start it again."),
    ),
    "4010": (
        gettext_lazy("the provider has no such API"),
        gettext_lazy("Check PROVIDER_URL and PROVIDER_API."),
    ),
    "4012": (
        gettext_lazy("the API has not been added to the account"),
        gettext_lazy("Add the API to your account on the provider's site."),
    ),
    "4016": (
        gettext_lazy("the balance is used up"),
        gettext_lazy("Top up the account on the provider's site."),
    ),
}
_UNKNOWN = (
    gettext_lazy("the provider refuses to answer"),
    gettext_lazy("Look the code up in the provider's documentation, or ask its support."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    code: str
    meaning: str
    advice: str
    reason: str

    @property
    def subject(self) -> str:
        what = gettext("Polling stopped: %(meaning)s (%(code)s)") % {"meaning": self.meaning, "code": self.code}
        return one_line(what, LONGEST_SUBJECT)


def polling_stopped(context: dict[str, Any]) -> Notice:
    """The notice for a row's `code` and `reason` (the provider's own words), in the active language."""
    code = one_line(str(context["code"]), 20)
    meaning, advice = STOPS.get(code, _UNKNOWN)
    reason = one_line(str(context.get("reason", "")), LONGEST_REASON)
    return Notice(code=code, meaning=str(meaning), advice=str(advice), reason=reason)
