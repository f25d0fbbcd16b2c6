"""`manage.py check_products`: check products in this process, without Celery."""

from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError, CommandParser

from monitor.judging.changes import FieldChange
from monitor.judging.doubts import Doubt
from monitor.management.command import MonitorCommand, count
from monitor.models import Product
from monitor.models.catalog import DOUYIN
from monitor.polling import checking
from monitor.polling.budget.ledger import is_halted
from monitor.polling.recording import Recorded
from monitor.provider.codes import Outcome
from monitor.text.formatting import field_value


class Command(MonitorCommand):
    help = (
        "Checks products now, in this process: those that are due, or those named. Each check is "
        "a paid call within the day's budget. A product that cannot be checked is reported and "
        "stops nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--due", action="store_true", help="check due products, as the workers do"
        )
        parser.add_argument(
            "num_iids",
            nargs="*",
            metavar="NUM_IID",
            help="IDs of products that were imported before",
        )

    def run(self, options: Mapping[str, Any]) -> None:
        num_iids = options["num_iids"]
        if options["due"] is bool(num_iids):
            raise CommandError("Say what to check: --due, or one or more product IDs.")
        if is_halted():
            raise CommandError(
                "An operator has stopped all checks. Start them again in the admin, under Health."
            )
        if options["due"]:
            self._check(checking.check_due())
            return
        products = Product.objects.filter(platform=DOUYIN, num_iid__in=num_iids)
        keys = dict(products.values_list("num_iid", "pk"))
        self._check(checking.check_products(list(keys.values())))
        if unknown := [num_iid for num_iid in num_iids if num_iid not in keys]:
            raise CommandError(
                f"Nobody has imported {', '.join(unknown)}. Put products on a watchlist first."
            )

    def _check(self, batches: Generator[list[Recorded]]) -> None:
        """Write the result of each check as soon as its batch is recorded, and at last the sum."""
        outcomes: Counter[Outcome] = Counter()
        with closing(batches):
            for batch in batches:
                outcomes.update(check.outcome for check in batch)
                for check in batch:
                    self._tell(check)
                self.stdout.flush()
        counts = [f"{number:,} {outcome}" for outcome, number in sorted(outcomes.items())]
        total = count(outcomes.total(), "product")
        self.say(f"{total} checked: {', '.join(counts) or 'none was due'}.")

    def _tell(self, check: Recorded) -> None:
        names = ("num_iid", "outcome", "code", "data_time")
        values = {name: getattr(check, name) for name in names}
        doubts = [{**asdict(doubt), "became": became} for doubt, became in check.doubts]
        if self.as_json:
            self.row(**values, changes=[asdict(change) for change in check.changes], doubts=doubts)
            return
        self.stdout.write(f"{check.num_iid:>19}  {check.outcome} {check.code}".rstrip())
        for change in check.changes:
            self.stdout.write(f"{check.num_iid:>19}  {_in_words(change)}")
        for doubt, became in check.doubts:
            self.stdout.write(f"{check.num_iid:>19}  {_in_words(doubt)}, {became}")


def _in_words(change: FieldChange | Doubt) -> str:
    before, after = (
        field_value(change.field, value, "en") for value in (change.before, change.after)
    )
    return f"{change.field}: {before} → {after}"
