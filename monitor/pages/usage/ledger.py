"""The call ledger by days: reserved calls, how they ended, and the provider's own count."""

from dataclasses import dataclass, field
from datetime import date

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from monitor.models import Usage, UsageDay
from monitor.provider.codes import NOT_FOUND, SUCCESS, Billing


class Ended(TextChoices):
    """How calls ended, as far as it matters for their price and use."""

    ANSWERED = "answered", _("Answered")
    NOT_FOUND = "not_found", _("Not found")
    FAILED = "failed", _("Failed, not billed")
    DOUBTFUL = "doubtful", _("Failed, possibly billed")
    UNKNOWN = "unknown", _("Result unknown")


def _ended(usage: Usage) -> Ended:
    if usage.code in (SUCCESS, NOT_FOUND):
        return Ended.ANSWERED if usage.code == SUCCESS else Ended.NOT_FOUND
    return Ended.FAILED if usage.billing == Billing.NOT_BILLED else Ended.DOUBTFUL


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
    def unknown(self) -> int:
        """Calls whose end is not known: they still run, or their worker died."""
        return self.total - self._settled

    @property
    def total(self) -> int:
        """All calls: the larger of reserved and settled calls."""
        return max(self.reserved, self._settled)

    @property
    def _settled(self) -> int:
        return sum(code.calls for code in self.codes)

    @property
    def calls(self) -> dict[Ended, int]:
        """The day's calls by how they ended."""
        calls = dict.fromkeys(Ended, 0)
        for code in self.codes:
            calls[_ended(code)] += code.calls
        return calls | {Ended.UNKNOWN: self.unknown}


def ledger(first: date, last: date) -> list[LedgerDay]:
    """Return the days from `first` to `last` with any calls, in order. Two queries."""
    days: dict[date, LedgerDay] = {}
    for reserved in UsageDay.objects.filter(day__range=(first, last)):
        days[reserved.day] = LedgerDay(reserved.day, reserved.reserved)
    for usage in Usage.objects.filter(day__range=(first, last)).order_by("api", "code"):
        days.setdefault(usage.day, LedgerDay(usage.day)).codes.append(usage)
    return [days[day] for day in sorted(days)]
