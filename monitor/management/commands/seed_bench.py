"""`manage.py seed_bench`: a merchant who watches very many invented products, to measure the pages with."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from monitor.management.command import MonitorCommand, count
from monitor.management.seed_plan import SeedPlan
from monitor.management.seeding import LISTS, Seeding
from monitor.models import Alert, Change, Product, Snapshot, User, Watch, Watchlist
from monitor.watchlists import create_watchlist
from monitor.watchlists.inbox import close_what_is_read

MERCHANT = "bench@example.com"
#: A history needs two snapshots, which make a change.
FEWEST_A_PRODUCT = 2


class Command(MonitorCommand):
    help = (
        "Fills the database with one merchant who watches very many invented products: shops, histories, changes, "
        "alerts read and unread, and the ledger of calls. The same numbers make the same rows, counted back from now. "
        "On PostgreSQL five million snapshots take some minutes. The merchant has no password: nobody can log in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--products", type=int, default=100_000, metavar="N", help="100,000 if not given")
        parser.add_argument("--snapshots", type=int, default=5_000_000, metavar="M", help="5,000,000 if not given")
        parser.add_argument(
            "--beside-others", action="store_true", help="fill a database that has other products already"
        )

    def run(self, options: Mapping[str, Any]) -> None:
        plan = SeedPlan(options["products"], options["snapshots"], timezone.now().replace(microsecond=0))
        _refuse(plan, beside_others=options["beside_others"])
        merchant, _created = User.objects.get_or_create(email=MERCHANT, defaults={"name": "林老板"})
        merchant.set_unusable_password()
        merchant.save(update_fields=["password"])
        lists = {name: create_watchlist(merchant, name) for name, _share in LISTS}
        with self.progress("Snapshots", plan.snapshots) as advance:
            Seeding(plan, merchant, lists).run(advance)
        close_what_is_read(merchant, plan.now)
        models = {"products": Product, "watches": Watch, "snapshots": Snapshot, "changes": Change, "alerts": Alert}
        numbers = {name: model._default_manager.count() for name, model in models.items()}
        if self.as_json:
            self.row(merchant=MERCHANT, watchlists=Watchlist.objects.count(), **numbers)
        else:
            counts = ", ".join(count(number, name[:-1], name) for name, number in numbers.items() if name != "watches")
            self.stdout.write(f"The database holds {counts}. {MERCHANT} watches the new products.")


def _refuse(plan: SeedPlan, *, beside_others: bool) -> None:
    """Raise CommandError for impossible numbers, or for a database that should not be filled."""
    if plan.products < 1 or plan.snapshots < FEWEST_A_PRODUCT * plan.products:
        raise CommandError(
            f"There must be at least one product, and {FEWEST_A_PRODUCT} snapshots or more for each of them."
        )
    if User.objects.filter(email=MERCHANT, watchlists__isnull=False).exists():
        raise CommandError("This database was filled by seed_bench before. Take a new one.")
    if not beside_others and Product.objects.exists():
        raise CommandError("This database has products already. Say --beside-others to add invented ones to them.")
