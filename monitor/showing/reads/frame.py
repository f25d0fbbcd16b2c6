"""The data in the frame of every page."""

from dataclasses import dataclass, fields
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Exists, Max, Subquery, Value
from django.db.models.functions import Coalesce

from monitor.models import (
    Alert,
    Channel,
    Product,
    ProviderAccount,
    Usage,
    UsageDay,
    User,
    Watchlist,
)
from monitor.models.usage import provider_day, quota_reset
from monitor.people.allowances import CheckAllowance, check_allowances
from monitor.polling.budget.limit import DailyBudget, set_calls_at, told_cap
from monitor.showing.history.polling import LATE
from monitor.showing.reads.counting import count_up_to

#: Unread alerts are counted up to this number.
MOST_UNREAD = 200


@dataclass(frozen=True)
class PageFrame:
    """The frame of every page: unread alerts, the day's calls and whether polling is running."""

    reader: int
    now: datetime
    #: When the next day's calls begin.
    resets_at: datetime
    unread: int
    calls: int
    daily: DailyBudget
    #: Whether another user has lists.
    is_shared: bool
    circuit_code: str
    circuit_opened_at: datetime | None
    paused_until: datetime | None
    pause_code: str
    halted_at: datetime | None
    late_since: datetime | None
    #: Since when the mail server refuses the user's address, and its answer.
    mail_refused_at: datetime | None
    mail_refusal: str

    @property
    def budget(self) -> int:
        return self.daily.calls

    @property
    def calls_left(self) -> int:
        return max(0, self.budget - self.calls)

    @cached_property
    def allowance(self) -> CheckAllowance | None:
        """The checks that the user may ask for; None if no other user has lists. One query, for
        pages that show it."""
        people = [self.reader] if self.is_shared else []
        return check_allowances(people, self.budget, self.calls_left, self.now).get(self.reader)

    @property
    def checks_left(self) -> int:
        """How many checks the user may ask for today."""
        return self.calls_left if self.allowance is None else self.allowance.left

    @property
    def is_stopped(self) -> bool:
        """Whether no call is made at the moment; `parts/polling.html` says why."""
        return bool(
            self.halted_at or self.circuit_opened_at or self.paused_until or not self.calls_left
        )

    @property
    def is_allowance_used_up(self) -> bool:
        """Whether the user may ask for no check although calls are left today."""
        return bool(self.calls_left and self.allowance and not self.allowance.left)


def read_frame(user: User, now: datetime) -> PageFrame:
    """Return the user's frame. One query. The larger of the two counts of calls governs."""
    day = provider_day(now)
    usage = Usage.objects.filter(day=day).order_by().values("day")
    account = ProviderAccount.objects.all()
    stopped, pausing = (
        account.filter(circuit_opened_at__isnull=False),
        account.filter(paused_until__gt=now),
    )
    refused = Channel.objects.mail().refusing().filter(owner=user)
    known: dict[str, Any] = {"reader": user.pk, "now": now, "resets_at": quota_reset(now)}
    row: Any = known | User.objects.values(
        unread=count_up_to(Alert.objects.for_user(user).unread_by(user), MOST_UNREAD),
        reserved=Coalesce(Subquery(UsageDay.objects.filter(day=day).values("reserved")), 0),
        used=Subquery(usage.annotate(most=Max("provider_used")).values("most")),
        cap=told_cap(day),
        circuit_code=Coalesce(Subquery(stopped.values("circuit_code")[:1]), Value("")),
        circuit_opened_at=Subquery(stopped.values("circuit_opened_at")[:1]),
        paused_until=Subquery(pausing.values("paused_until")[:1]),
        pause_code=Coalesce(Subquery(pausing.values("pause_code")[:1]), Value("")),
        halted_at=Subquery(account.values("halted_at")[:1]),
        set_calls=set_calls_at(now),
        is_shared=Exists(Watchlist.objects.kept().exclude(owner=user)),
        late_since=Subquery(Product.objects.due(now - LATE).values("next_check_at")[:1]),
        mail_refused_at=Subquery(refused.values("refused_at")),
        mail_refusal=Coalesce(Subquery(refused.values("answer")), Value("")),
    ).get(pk=user.pk)
    calls, daily = (
        max(row["reserved"], row["used"] or 0),
        DailyBudget.of(row["set_calls"], row["cap"]),
    )
    as_read = {field.name: row[field.name] for field in fields(PageFrame) if field.name in row}
    return PageFrame(
        **as_read,
        calls=calls,
        daily=daily,
    )
