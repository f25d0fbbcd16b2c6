"""How the checks of somebody's products go: what fails and why, what waits, and what to do about it."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext, gettext_noop

from monitor.models import Product, User, Watch
from monitor.models.choices import reason_in_words
from monitor.provider.codes import Action, Outcome, look_up

#: Counting stops here: whether one thousand products wait or ten thousand, the same is to be done.
MOST = 1000
#: A failure is told when it has lasted for a few checks or for a few of the product's intervals, and for some minutes.
FEW = 3
SHORTEST_FAILURE = timedelta(minutes=5)
_ELSE = gettext_noop("They are tried again by themselves, less often each time.")
#: What a merchant can do about checks that fail in one way, by the provider's code or else by the outcome.
MERCHANTS_DO = {
    "4003": gettext_noop(
        "The provider does not accept these IDs. Compare them with the links on Douyin, or remove them."
    ),
    Outcome.NETWORK.value: gettext_noop(
        "The provider cannot be reached. Nothing is lost: checks go on by themselves when it is back."
    ),
    Outcome.TIMEOUT.value: gettext_noop("The provider answers too slowly. They are tried again by themselves."),
    Outcome.BAD_REPLY.value: gettext_noop("The provider's answers cannot be read. They are tried again by themselves."),
    Outcome.WRONG_PRODUCT.value: gettext_noop(
        "The provider answers with another product. Compare the IDs with the links on Douyin."
    ),
}
#: What an operator can do; where nothing stands, what a merchant can.
OPERATORS_DO = {
    "4008": gettext_noop("Too many calls at once for the account: lower PROVIDER_CONCURRENCY."),
    Outcome.NETWORK.value: gettext_noop("See whether this server reaches PROVIDER_URL."),
    Outcome.TIMEOUT.value: gettext_noop(
        "If it lasts, raise PROVIDER_TIMEOUT or lower PROVIDER_CONCURRENCY. Such calls may be billed."
    ),
    Outcome.BAD_REPLY.value: gettext_noop("If it lasts, tell the provider, with a request ID of a product's page."),
}


@dataclass(frozen=True, slots=True)
class Failing:
    """Products whose checks fail in one way."""

    outcome: str
    code: str
    count: int
    since: datetime
    #: One of them, to look at.
    num_iid: str

    @property
    def reason(self) -> str:
        return reason_in_words(self.outcome, self.code)

    def advice(self, *, for_operator: bool) -> str:
        """What to do, in the active language."""
        words = {**MERCHANTS_DO, **OPERATORS_DO} if for_operator else MERCHANTS_DO
        return gettext(words.get(self.code) or words.get(self.outcome) or _ELSE)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What does not go well among somebody's products. `or_more`: there may be more of it than was counted."""

    failing: list[Failing] = field(default_factory=list)
    late: int = 0
    or_more: bool = False


def trouble(user: User, now: datetime) -> Trouble:
    """One query over the products that fail or wait, served by `product_failing` and `product_queue`."""
    mine = Watch.objects.looked_up_for(user).filter(product=OuterRef("pk"))
    is_failing = Q(failing_since__isnull=False, next_check_at__isnull=False)
    is_late = Q(next_check_at__lte=now - LATE)
    columns = ("failing_since", "failures", "interval", "last_outcome", "last_code", "num_iid", "next_check_at")
    products = Product.objects.filter(is_failing | is_late).filter(Exists(mine))
    rows = products.values_list(*columns)[:MOST]
    groups: dict[tuple[str, str], list[tuple[datetime, str]]] = defaultdict(list)
    late = 0
    for failing_since, failures, interval, outcome, code, num_iid, due in rows:
        late += due is not None and due <= now - LATE
        if failing_since is not None and _has_lasted(now - failing_since, failures, interval, code):
            groups[outcome, code].append((failing_since, num_iid))
    failing = [Failing(*key, len(group), *min(group)) for key, group in groups.items()]
    return Trouble(sorted(failing, key=lambda one: -one.count), late, len(rows) == MOST)


def _has_lasted(lasts: timedelta, failures: int, interval: timedelta | None, code: str) -> bool:
    """Whether a failure is worth a word: most are over with the next check. What the next check cannot mend is told at
    once."""
    if look_up(code).action is Action.DO_NOT_REPEAT:
        return True
    return lasts >= SHORTEST_FAILURE and (failures >= FEW or (interval is not None and lasts >= FEW * interval))


#: A healthy worker takes what is due with the next tick, ten seconds later. What waits longer waits for a reason.
LATE = timedelta(minutes=2)
