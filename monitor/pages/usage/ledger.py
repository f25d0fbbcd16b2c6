"""The call ledger, day by day: what was reserved, how it was settled, and what the provider says itself."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from monitor.models import Usage, UsageDay
from monitor.provider.codes import Billing


@dataclass(frozen=True, slots=True)
class CodeCalls:
    """Calls of one API that ended with one status code."""

    api: str
    code: str
    calls: int
    billing: Billing


@dataclass(slots=True)
class LedgerDay:
    """One day in the provider's zone. `reserved` was counted before the calls, `codes` after them; `confirmations` of
    them asked again for what was read and not believed, `asked` were made because people asked."""

    day: date
    reserved: int = 0
    confirmations: int = 0
    asked: int = 0
    codes: list[CodeCalls] = field(default_factory=list)
    provider_used: int | None = None
    provider_cap: int | None = None

    @property
    def unknown(self) -> int:
        """Calls whose end is not known: they still run, or their worker died."""
        return max(0, self.reserved - sum(code.calls for code in self.codes))

    def billed_as(self, billing: Billing) -> int:
        return sum(code.calls for code in self.codes if code.billing is billing)


def ledger(first: date, last: date) -> list[LedgerDay]:
    """The days from `first` to `last` on which anything was reserved or called, in order. Two queries."""
    days: dict[date, LedgerDay] = {}
    for row in UsageDay.objects.filter(day__range=(first, last)):
        days[row.day] = LedgerDay(row.day, row.reserved, row.confirmations, row.asked)
    booked: dict[date, list[Usage]] = defaultdict(list)
    for usage in Usage.objects.filter(day__range=(first, last)).order_by("api", "code"):
        booked[usage.day].append(usage)
    for day, usages in booked.items():
        entry = days.setdefault(day, LedgerDay(day))
        entry.codes = [CodeCalls(one.api, one.code, one.calls, Billing(one.billing)) for one in usages]
        entry.provider_used = max((one.provider_used for one in usages if one.provider_used is not None), default=None)
        entry.provider_cap = min((one.provider_cap for one in usages if one.provider_cap is not None), default=None)
    return [days[day] for day in sorted(days)]
