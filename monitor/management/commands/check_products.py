"""`manage.py check_products`: check products in this process, without Celery."""

from collections import Counter
from contextlib import closing
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from monitor.models import Product
from monitor.models.catalog import DOUYIN
from monitor.polling import checking
from monitor.polling.budget.ledger import is_halted
from monitor.provider.codes import Outcome


class Command(BaseCommand):
    help = (
        "Checks products now, in this process: those that are due, or those named. Each check is "
        "a paid call within the day's budget. A product that cannot be checked is reported and "
        "stops nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--due", action="store_true", help="check due products, as the workers do"
        )
        parser.add_argument(
            "num_iids",
            nargs="*",
            metavar="NUM_IID",
            help="IDs of products that were imported before",
        )

    def handle(self, *args: Any, due: bool, num_iids: list[str], **options: Any) -> None:
        """Write the outcome of each check as soon as its batch is recorded, and at last the sum."""
        if due is bool(num_iids):
            raise CommandError("Say what to check: --due, or one or more product IDs.")
        if is_halted():
            raise CommandError(
                "An operator has stopped all checks. Start them again in the admin, under Health."
            )
        products = Product.objects.filter(platform=DOUYIN, num_iid__in=num_iids)
        keys = dict(products.values_list("num_iid", "pk"))
        batches = checking.check_due() if due else checking.check_products(list(keys.values()))
        outcomes: Counter[Outcome] = Counter()
        with closing(batches):
            for batch in batches:
                for check in batch:
                    outcomes[check.outcome] += 1
                    line = f"{check.num_iid:>19}  {check.outcome} {check.code}"
                    self.stdout.write(line.rstrip())
        counts = [f"{number:,} {outcome}" for outcome, number in sorted(outcomes.items())]
        self.stdout.write(f"Checked: {', '.join(counts) or 'none was due'}.")
        if unknown := [num_iid for num_iid in num_iids if num_iid not in keys]:
            raise CommandError(
                f"Nobody has imported {', '.join(unknown)}. Put products on a watchlist first."
            )
