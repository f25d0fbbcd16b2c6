"""Trouble with the checks of a user's products: what fails and why, what is late, and what to
do."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext, gettext_noop

from monitor.models import Product, User, Watch
from monitor.models.choices import reason_in_words
from monitor.provider.codes import Action, Outcome, look_up

#: Counting stops here: the advice is the same for more products.
MOST = 1000
#: A healthy worker takes due products with the next tick, ten seconds later: a product that waits
#: longer is late.
LATE = timedelta(minutes=2)
#: A failure is shown after this number of failed checks, or of the product's intervals, and after a
#: minimum time.
FEW = 3
SHORTEST_FAILURE = timedelta(minutes=5)
_ELSE = gettext_noop("Checks are repeated automatically, less often each time.")
#: What to do, by the provider's code or the outcome.
ADVICE = {
    "4003": gettext_noop(
        "The provider does not accept these IDs. Compare them with the links on Douyin, or "
        "remove them."
    ),
    Outcome.NETWORK.value: gettext_noop(
        "The provider cannot be reached. Checks continue automatically when it is back."
    ),
    Outcome.TIMEOUT.value: gettext_noop(
        "The provider answers too slowly. Checks are repeated automatically."
    ),
    Outcome.BAD_REPLY.value: gettext_noop(
        "The provider's answers cannot be read. Checks are repeated automatically."
    ),
    Outcome.WRONG_PRODUCT.value: gettext_noop(
        "The provider answers with another product. Compare the IDs with the links on Douyin."
    ),
}


@dataclass(frozen=True, slots=True)
class Failing:
    """Products whose checks fail with one outcome and code."""

    outcome: str
    code: str
    count: int
    since: datetime
    #: One of the products.
    num_iid: str

    @property
    def reason(self) -> str:
        return reason_in_words(self.outcome, self.code)

    @property
    def advice(self) -> str:
        """What to do, in the active language."""
        return gettext(ADVICE.get(self.code) or ADVICE.get(self.outcome) or _ELSE)


@dataclass(frozen=True, slots=True)
class Trouble:
    """`or_more`: counting stopped, so there may be more."""

    failing: list[Failing] = field(default_factory=list)
    late: int = 0
    or_more: bool = False


def trouble(user: User, now: datetime) -> Trouble:
    """Return what fails or is late. One query, served by `product_failing` and `product_due`."""
    mine = Watch.objects.looked_up_for(user).filter(product=OuterRef("pk"))
    is_failing = Q(failing_since__isnull=False, next_check_at__isnull=False)
    is_late = Q(next_check_at__lte=now - LATE)
    columns = (
        "failing_since",
        "failures",
        "interval",
        "last_outcome",
        "last_code",
        "num_iid",
        "next_check_at",
    )
    products = Product.objects.filter(is_failing | is_late).filter(Exists(mine))
    rows = products.values_list(*columns)[:MOST]
    groups: dict[tuple[str, str], list[tuple[datetime, str]]] = defaultdict(list)
    late = 0
    for failing_since, failures, interval, outcome, code, num_iid, due in rows:
        late += due is not None and due <= now - LATE
        if failing_since is not None and _has_lasted(now - failing_since, failures, interval, code):
            groups[outcome, code].append((failing_since, num_iid))
    failing = [Failing(*key, len(group), *min(group)) for key, group in groups.items()]
    return Trouble(sorted(failing, key=lambda group: -group.count), late, len(rows) == MOST)


def _has_lasted(lasts: timedelta, failures: int, interval: timedelta | None, code: str) -> bool:
    """Return whether to show a failure: most end with the next check. One that cannot is shown at
    once."""
    if look_up(code).action is Action.DO_NOT_REPEAT:
        return True
    return lasts >= SHORTEST_FAILURE and (
        failures >= FEW or (interval is not None and lasts >= FEW * interval)
    )
