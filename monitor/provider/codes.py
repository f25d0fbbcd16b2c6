"""The provider's status codes: what they mean, whether they are billed, what to do next.

The table is the provider's own. Its pages contradict each other on whether `4003` is billed, so it
is possibly billed."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How one check of one product ended."""

    OK = "ok"
    UNCHANGED = "unchanged"
    STALE = "stale"
    NOT_FOUND = "not_found"
    DOUBTFUL = "doubtful"
    WRONG_PRODUCT = "wrong_product"
    BAD_REPLY = "bad_reply"
    NETWORK = "network"
    TIMEOUT = "timeout"
    PROVIDER_ERROR = "provider_error"
    BUDGET = "budget"
    CIRCUIT_OPEN = "circuit_open"


#: Outcomes that are true statements about the product.
ANSWERED = frozenset({Outcome.OK, Outcome.UNCHANGED, Outcome.STALE, Outcome.NOT_FOUND})


class Billing(StrEnum):
    BILLED = "billed"
    NOT_BILLED = "not_billed"
    POSSIBLY = "possibly"


class Action(StrEnum):
    USE = "use"
    ACCEPT_GONE = "accept_gone"
    RETRY = "retry"
    SLOW_DOWN = "slow_down"
    PAUSE = "pause"
    DO_NOT_REPEAT = "do_not_repeat"
    STOP = "stop"
    WAIT_FOR_QUOTA = "wait_for_quota"


@dataclass(frozen=True, slots=True)
class Code:
    code: str
    meaning: str
    billing: Billing
    action: Action


SUCCESS = "0000"
NOT_FOUND = "2000"

_CODES = (
    Code(SUCCESS, "success", Billing.BILLED, Action.USE),
    Code(NOT_FOUND, "nothing found", Billing.BILLED, Action.ACCEPT_GONE),
    Code("4000", "server internal error", Billing.NOT_BILLED, Action.RETRY),
    Code("4001", "network error", Billing.NOT_BILLED, Action.RETRY),
    Code("4002", "target server error", Billing.NOT_BILLED, Action.RETRY),
    Code("4003", "parameter error", Billing.POSSIBLY, Action.DO_NOT_REPEAT),
    Code("4004", "account not found", Billing.NOT_BILLED, Action.STOP),
    Code("4005", "authentication failed", Billing.NOT_BILLED, Action.STOP),
    Code("4006", "this API is stopped for you", Billing.NOT_BILLED, Action.STOP),
    Code("4007", "account stopped", Billing.NOT_BILLED, Action.STOP),
    Code("4008", "too many calls at once", Billing.NOT_BILLED, Action.SLOW_DOWN),
    Code("4009", "API under maintenance", Billing.NOT_BILLED, Action.PAUSE),
    Code("4010", "API not found", Billing.NOT_BILLED, Action.STOP),
    Code("4012", "the API has not been added to the account", Billing.NOT_BILLED, Action.STOP),
    Code("4013", "number of calls exceeded", Billing.NOT_BILLED, Action.WAIT_FOR_QUOTA),
    Code("4014", "missing URL parameter", Billing.NOT_BILLED, Action.DO_NOT_REPEAT),
    Code("4015", "wrong page token", Billing.NOT_BILLED, Action.DO_NOT_REPEAT),
    Code("4016", "insufficient balance", Billing.NOT_BILLED, Action.STOP),
    Code("4017", "timeout at the provider", Billing.NOT_BILLED, Action.RETRY),
    Code("5000", "unknown error", Billing.NOT_BILLED, Action.RETRY),
)
TABLE = {row.code: row for row in _CODES}


def look_up(code: str) -> Code:
    """Return the table's row for `code`. An unknown code may be retried and is possibly billed."""
    return TABLE.get(code) or Code(code, "unknown code", Billing.POSSIBLY, Action.RETRY)
