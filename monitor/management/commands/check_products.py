"""`manage.py check_products`: check products in this process, without Celery."""

import re
from collections import Counter
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from itertools import batched
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from monitor.judging.changes import FieldChange
from monitor.judging.doubts import Doubt, Ending
from monitor.management.command import MonitorCommand, count
from monitor.models import Product
from monitor.models.catalog import DOUYIN, NUM_IID
from monitor.polling import checking
from monitor.polling.budget.ledger import is_halted
from monitor.polling.recording import Recorded
from monitor.provider.codes import ANSWERED, Outcome
from monitor.text.formatting import field_value

IN_DOUBT = {
    "held": "to be confirmed by the next check",
    Ending.CONFIRMED.value: "confirmed by a second reading",
    Ending.DROPPED.value: "not confirmed",
    Ending.PERSISTED.value: "accepted after repeated readings",
}


class Command(MonitorCommand):
    help = (
        "Checks products now, in this process: those that are due, all watched ones, or those "
        "named. Each check is a paid call within the day's budget. A product that cannot be "
        "checked is reported and stops nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--due", action="store_true", help="check due products, as the workers do"
        )
        parser.add_argument(
            "--all",
            action="store_true",
            help="make every product that is watched, not paused and not being checked due, and "
            "check what is due",
        )
        parser.add_argument(
            "num_iids",
            nargs="*",
            metavar="NUM_IID",
            help="IDs of products that were imported before",
        )

    def run(self, options: Mapping[str, Any]) -> None:
        if sum((options["due"], options["all"], bool(options["num_iids"]))) != 1:
            raise CommandError("Say what to check: --due, --all, or one or more product IDs.")
        if is_halted():
            raise CommandError(
                "An operator has stopped all checks. Start them again in the admin, under Health."
            )
        if options["due"]:
            self._check(checking.check_due())
        elif options["all"]:
            now = timezone.now()
            Product.objects.free(now).filter(next_check_at__gt=now).update(next_check_at=now)
            self._check(checking.check_due())
        else:
            self._check_named(list(dict.fromkeys(options["num_iids"])))

    def _check_named(self, num_iids: Sequence[str]) -> None:
        """Check the known products; then raise CommandError for the other IDs."""
        malformed = [num_iid for num_iid in num_iids if not re.fullmatch(NUM_IID, num_iid)]
        keys: dict[str, int] = {}
        for chunk in batched(num_iids, 500):
            products = Product.objects.filter(platform=DOUYIN, num_iid__in=chunk)
            keys.update(products.values_list("num_iid", "pk"))
        named = [keys[num_iid] for num_iid in num_iids if num_iid in keys]
        self._check(checking.check_products(named))
        unknown = [
            num_iid for num_iid in num_iids if num_iid not in keys and num_iid not in malformed
        ]
        problems = []
        if malformed:
            problems.append(
                f"Not a product ID, which has 1 to 19 digits: {', '.join(map(repr, malformed))}."
            )
        if unknown:
            problems.append(
                f"Nobody has imported {', '.join(unknown)}. Put products on a watchlist first."
            )
        if problems:
            raise CommandError(" ".join(problems))

    def _check(self, batches: Generator[list[Recorded]]) -> None:
        """Write the result of each check as soon as its batch is recorded, and at last the sum."""
        outcomes: Counter[Outcome] = Counter()
        with closing(batches):
            for batch in batches:
                outcomes.update(check.outcome for check in batch)
                if self.as_json:
                    self._write_rows(batch)
                else:
                    self._print(batch)
        if not self.as_json:
            counts = ", ".join(
                f"{outcomes[outcome]:,} {outcome}" for outcome in Outcome if outcomes[outcome]
            )
            self.stdout.write(
                f"{count(outcomes.total(), 'product')} checked{': ' if counts else ''}{counts}."
            )
        if settings.PROVIDER_SANDBOX and set(outcomes) == {Outcome.NETWORK}:
            self.stderr.write(
                "The sandbox provider is part of the web process: is it running at "
                f"{settings.SITE_URL}?"
            )

    def _write_rows(self, batch: Iterable[Recorded]) -> None:
        for check in batch:
            changes = [asdict(change) for change in check.changes]
            doubts = [
                {name: getattr(doubt, name) for name in ("field", "before", "after", "reason")}
                | {"became": became}
                for doubt, became in check.doubts
            ]
            values = {
                name: getattr(check, name) for name in ("num_iid", "outcome", "code", "data_time")
            }
            self.row(**values, changes=changes, doubts=doubts)
        self.stdout.flush()

    def _print(self, batch: Iterable[Recorded]) -> None:
        for check in batch:
            if check.outcome not in ANSWERED:
                self.stdout.write(f"{check.num_iid:>19}  {check.outcome} {check.code}".rstrip())
            for change in check.changes:
                self.stdout.write(_change_line(check, change))
            for doubt, became in check.doubts:
                self.stdout.write(f"{_change_line(check, doubt)}, {IN_DOUBT[became]}")


def _change_line(check: Recorded, change: FieldChange | Doubt) -> str:
    before, after = (
        field_value(change.field, value, "en") for value in (change.before, change.after)
    )
    return f"{check.num_iid:>19}  {change.field}: {before} → {after}"
