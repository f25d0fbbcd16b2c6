"""The call ledger by days: reserved calls, what they cost, and the provider's own count."""

from dataclasses import dataclass, field
from datetime import date

from monitor.models import Usage, UsageDay
from monitor.provider.codes import Billing


@dataclass(slots=True)
class LedgerDay:
    """One day in the provider's zone. Calls are `reserved` before they are made and counted in
    `codes` after them."""

    day: date
    reserved: int = 0
    codes: list[Usage] = field(default_factory=list)

    @property
    def provider_used(self) -> int | None:
        return max(
            (code.provider_used for code in self.codes if code.provider_used is not None),
            default=None,
        )

    @property
    def total(self) -> int:
        """All calls: the larger of reserved and settled calls."""
        return max(self.reserved, self._settled)

    @property
    def _settled(self) -> int:
        return sum(code.calls for code in self.codes)

    @property
    def calls(self) -> dict[Billing, int]:
        """The day's calls by what they cost. A call whose end is not known was possibly billed: it
        still runs, or its worker died."""
        calls = dict.fromkeys(Billing, 0)
        for code in self.codes:
            calls[Billing(code.billing)] += code.calls
        calls[Billing.POSSIBLY] += self.total - self._settled
        return calls


def ledger(first: date, last: date) -> list[LedgerDay]:
    """Return the days from `first` to `last` with any calls, in order. Two queries."""
    days: dict[date, LedgerDay] = {}
    for reserved in UsageDay.objects.filter(day__range=(first, last)):
        days[reserved.day] = LedgerDay(reserved.day, reserved.reserved)
    for usage in Usage.objects.filter(day__range=(first, last)).order_by("api", "code"):
        days.setdefault(usage.day, LedgerDay(usage.day)).codes.append(usage)
    return [days[day] for day in sorted(days)]
