"""`manage.py usage`: the call ledger of the last days."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.forms import model_to_dict
from django.utils import timezone

from monitor.budget.limit import daily_budget
from monitor.management.command import MonitorCommand, add_days
from monitor.models.usage import provider_day
from monitor.pages.usage.ledger import LedgerDay, ledger
from monitor.provider.codes import Billing
from monitor.text.formatting import NOT_TOLD

#: Ten years.
MOST_DAYS = 3660
COLUMNS = ("day", "calls", "billed", "possibly", "not billed", "unknown", "provider says", "of")


class Command(MonitorCommand):
    help = (
        "Shows the calls of each of the last days (UTC+8, as the provider counts): how many were reserved, how they "
        "ended and were billed, how many ended nobody knows how, and the provider's own count and cap."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_days(parser, "how many days, today being the first", default=7, most=MOST_DAYS)

    def run(self, options: Mapping[str, Any]) -> None:
        now = timezone.now()
        today = provider_day(now)
        days = ledger(today - timedelta(days=options["days"] - 1), today)
        if self.as_json:
            for day in days:
                self._write_row(day)
            return
        self.stdout.write("  ".join(f"{title:>13}" for title in COLUMNS))
        for day in days:
            self._print_day(day)
        budget = daily_budget(now)
        why = f", the provider's cap: it is set to {budget.set_calls:,}" if budget.is_capped else ""
        self.stdout.write(f"The budget is {budget.calls:,} calls a day{why}.")

    def _write_row(self, day: LedgerDay) -> None:
        self.row(
            day=day.day.isoformat(),
            reserved=day.reserved,
            confirmations=day.confirmations,
            asked=day.asked,
            billed=day.billed_as(Billing.BILLED),
            possibly_billed=day.billed_as(Billing.POSSIBLY),
            not_billed=day.billed_as(Billing.NOT_BILLED),
            unknown=day.unknown,
            provider_used=day.provider_used,
            provider_cap=day.provider_cap,
            codes=[model_to_dict(code, ("api", "code", "calls", "billing")) for code in day.codes],
        )

    def _print_day(self, day: LedgerDay) -> None:
        billed = (day.billed_as(billing) for billing in (Billing.BILLED, Billing.POSSIBLY, Billing.NOT_BILLED))
        numbers = (day.reserved, *billed, day.unknown, day.provider_used, day.provider_cap)
        cells = (NOT_TOLD if number is None else f"{number:,}" for number in numbers)
        self.stdout.write("  ".join(f"{cell:>13}" for cell in (day.day.isoformat(), *cells)))
        if day.confirmations:
            self.stdout.write(f"{'':>13}  {day.confirmations:>13,}  of them to confirm a reading")
        if day.asked:
            self.stdout.write(f"{'':>13}  {day.asked:>13,}  of them because people asked")
        for code in day.codes:
            self.stdout.write(f"{'':>13}  {code.calls:>13,}  {code.code} {code.api}, {code.billing.replace('_', ' ')}")
