"""What columns hold by name, and what people read for it."""

from django.utils.translation import gettext_lazy as _

from monitor.doubts import DoubtReason, Ending
from monitor.provider.codes import Outcome
from monitor.provider.observation import Gap, Presale, Status

STATUS_CHOICES = [
    (Status.ON_SALE.value, _("on sale")),
    (Status.OFF_SHELF.value, _("off the shelf")),
    (Status.DELETED.value, _("deleted")),
    (Status.BANNED.value, _("banned")),
    (Status.UNDER_REVIEW.value, _("under review")),
    (Status.REJECTED.value, _("rejected")),
    (Status.APPROVED_WAITING.value, _("approved, waiting")),
    (Status.NOT_FOUND.value, _("not found")),
    (Status.ABNORMAL.value, _("abnormal")),
]
PRESALE_CHOICES = [
    (Presale.NONE.value, _("no presale")),
    (Presale.FULL_PAYMENT.value, _("presale, paid in full")),
    (Presale.STEPPED.value, _("presale, paid in steps")),
]
GAP_CHOICES = [
    (Gap.NONE.value, _("not compared")),
    (Gap.ABOVE.value, _("above average")),
    (Gap.LEVEL.value, _("average")),
    (Gap.BELOW.value, _("below average")),
]
OUTCOME_CHOICES = [
    (Outcome.OK.value, _("changed")),
    (Outcome.UNCHANGED.value, _("unchanged")),
    (Outcome.STALE.value, _("older than known")),
    (Outcome.NOT_FOUND.value, _("not found")),
    (Outcome.DOUBTFUL.value, _("to be confirmed")),
    (Outcome.WRONG_PRODUCT.value, _("another product's record")),
    (Outcome.BAD_REPLY.value, _("unreadable reply")),
    (Outcome.NETWORK.value, _("network failure")),
    (Outcome.TIMEOUT.value, _("timeout")),
    (Outcome.PROVIDER_ERROR.value, _("provider's error")),
    (Outcome.BUDGET.value, _("no calls left today")),
    (Outcome.CIRCUIT_OPEN.value, _("polling stopped")),
]
#: What a code says more plainly than its outcome does.
CODE_WORDS = {"4008": _("too many calls at once")}
REASON_CHOICES = [
    (DoubtReason.HALVED.value, _("the price fell by half or more")),
    (DoubtReason.WORTHLESS.value, _("the price fell to almost nothing")),
    (DoubtReason.GONE.value, _("the product is gone")),
]
ENDING_CHOICES = [
    (Ending.CONFIRMED.value, _("confirmed by a second reading")),
    (Ending.DROPPED.value, _("not confirmed")),
    (Ending.PERSISTED.value, _("told for so long that it was believed")),
]


def reason_in_words(outcome: str, code: str) -> str:
    """Why a check failed: 'network failure', 'too many calls at once'."""
    words = dict[str, object](OUTCOME_CHOICES)
    return str(CODE_WORDS.get(code) or words.get(outcome, outcome))


def failure_in_words(outcome: str, code: str) -> str:
    """The reason with the provider's code: 'too many calls at once (4008)'."""
    return f"{reason_in_words(outcome, code)} ({code})" if code else reason_in_words(outcome, code)
