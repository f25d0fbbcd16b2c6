"""The choices of columns that hold one of a few names, and failures in words."""

from django.utils.translation import gettext_lazy as _

from monitor.provider.codes import Outcome
from monitor.text.formatting import GAP_WORDS, PRESALE_WORDS, STATUS_WORDS

STATUS_CHOICES = list(STATUS_WORDS.items())
PRESALE_CHOICES = list(PRESALE_WORDS.items())
GAP_CHOICES = list(GAP_WORDS.items())
OUTCOME_CHOICES = [
    (Outcome.OK.value, _("changed")),
    (Outcome.UNCHANGED.value, _("unchanged")),
    (Outcome.STALE.value, _("older than known")),
    (Outcome.NOT_FOUND.value, _("not found")),
    (Outcome.DOUBTFUL.value, _("to be confirmed")),
    (Outcome.WRONG_PRODUCT.value, _("wrong product returned")),
    (Outcome.BAD_REPLY.value, _("unreadable reply")),
    (Outcome.NETWORK.value, _("network failure")),
    (Outcome.TIMEOUT.value, _("timeout")),
    (Outcome.PROVIDER_ERROR.value, _("provider's error")),
    (Outcome.BUDGET.value, _("no calls left today")),
    (Outcome.CIRCUIT_OPEN.value, _("checks stopped")),
]
#: Codes whose own words say more than their outcome.
CODE_WORDS = {"4008": _("too many calls at once")}


def reason_in_words(outcome: str, code: str) -> str:
    """Return why a check failed, without the provider's code: 'network failure', 'too many calls at
    once'."""
    words = dict[str, object](OUTCOME_CHOICES)
    return str(CODE_WORDS.get(code) or words.get(outcome, outcome))


def failure_in_words(outcome: str, code: str) -> str:
    """Return why a check failed, with the provider's code: 'too many calls at once (4008)'."""
    return f"{reason_in_words(outcome, code)} ({code})" if code else reason_in_words(outcome, code)
