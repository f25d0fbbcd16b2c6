"""`manage.py demo`: people, watchlists and months of history to look at, from the sandbox provider."""

import argparse
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from monitor.budget.limit import daily_calls
from monitor.management.command import MonitorCommand, count
from monitor.management.replay import HOURLY, ReplayPast, fill_ledger, planned, replay
from monitor.models import Alert, AlertRead, Change, Outage, Product, Rule, Snapshot, User, Watch, Watchlist
from monitor.models.watchlists import SHORTEST_INTERVAL
from monitor.planning.fit import fit_schedule
from monitor.recording.past_prices import look_back
from monitor.rules.conditions import Condition
from monitor.rules.kinds import Kind
from monitor.sandbox.catalogue import PriceHabit, example_id, product_of
from monitor.sandbox.market import RESTLESS, prices_at
from monitor.watchlists import add_products, create_watchlist, reschedule, rule_changed
from monitor.watchlists.rules import Terms

MERCHANT, OPERATOR = "merchant@example.com", "operator@example.com"
#: No secret: the demo runs only where the sandbox does, and this is printed.
PASSWORD = "stallwatch-demo"  # noqa: S105
#: Prices that never rest are looked at this often, everything else as its watchlist says: once an hour.
RESTLESS_INTERVAL = timedelta(minutes=2)
#: The target price of a restless product, of its usual one.
TARGET_PERCENT = 80
DAY = timedelta(days=1)


class DemoList(NamedTuple):
    """A watchlist: the last four digits of its products' IDs, and its rules beside those of every new list."""

    name: str
    endings: tuple[int, ...]
    rules: tuple[Terms, ...]

    @property
    def num_iids(self) -> list[str]:
        return [example_id(ending) for ending in self.endings]


OWN = DemoList(
    "本店商品",
    (93, 621, 743, 835, 14, 955, 66, 77, 80, 644, 725, 133, 40, 2, 873, 16),
    (Terms(Condition(Kind.SILENT, 6)), Terms(Condition(Kind.BANNED), is_urgent=True)),
)
#: Two shops, and of each the products whose prices move most.
RIVALS = DemoList(
    "竞品",
    (
        *(1019, 1089, 1678, 1034, 1045, 1635, 1026, 1743, 1097, 1850),
        *(2019, 2079, 2768, 2031, 2015, 2985, 2086, 2624, 2042, 2863),
    ),
    (
        Terms(Condition(Kind.PRICE_LOWEST, days=30), DAY),
        Terms(Condition(Kind.PRICE_BELOW_HIGH, 2000, 30, also=(Condition(Kind.ON_SALE),)), DAY),
    ),
)
SUPPLIERS = DemoList(
    "供应商",
    (3012, 3673, 3035, 3826, 3757, 3984, 4040, 4623, 4035, 4746, 4060, 4875),
    (Terms(Condition(Kind.LEFT_SHELF), is_urgent=True),),
)
LISTS = (OWN, RIVALS, SUPPLIERS)
MOST_DAYS = 365
READ_AFTER = timedelta(days=2)


class Command(MonitorCommand):
    help = (
        "Fills the sandbox's database: a merchant and an operator, three watchlists, and months of history replayed "
        "through the same parsing, change detection and recording as live checks. Once is enough; later runs change "
        "nothing, and finish what an interrupted one began."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--days", type=_days, default=90, metavar="N", help="how many days of history; 90 if not given"
        )

    def run(self, options: Mapping[str, Any]) -> None:
        if not settings.PROVIDER_SANDBOX:
            raise CommandError(
                "The demo's products are invented, and a real provider would charge for every look at them. It runs"
                " only on the sandbox: with DEBUG=1 and no PROVIDER_KEY."
            )
        now = timezone.now().replace(microsecond=0)
        start = now - timedelta(days=options["days"])
        if not User.objects.filter(email=MERCHANT).exists():
            _set_up(start)
        products = _unfinished()
        past = ReplayPast(start, now, unlucky=_unlucky())
        moments = planned(products, past)
        with self.progress("Replaying the past", len(moments)) as advance:
            replay(moments, {product.num_iid: product.pk for product in products}, advance)
        if products:
            fill_ledger(past, [HOURLY] * len(products))
            watched = Product.objects.filter(pk__in=[product.pk for product in products])
            reschedule(watched, now)
            # What their past has taught is fitted, and then heeded.
            fit_schedule(now)
            reschedule(watched, now)
            _watch_one_closely(now)
            _look_lived_in(now)
        self._report(len(moments))

    def _report(self, checks: int) -> None:
        products = Product.objects.filter(watches__watchlist__owner__email=MERCHANT).distinct()
        numbers = {
            "watchlists": Watchlist.objects.filter(owner__email=MERCHANT).count(),
            "products": products.count(),
            "checks": checks,
            "snapshots": Snapshot.objects.filter(product__in=products).count(),
            "changes": Change.objects.filter(product__in=products).count(),
            "outages": Outage.objects.filter(product__in=products).count(),
            "alerts": Alert.objects.filter(watchlist__owner__email=MERCHANT).count(),
            "calls_a_day": _calls_a_day(),
            "budget": daily_calls(timezone.now()),
        }
        if self.as_json:
            self.row(**numbers, url=settings.SITE_URL, merchant=MERCHANT, operator=OPERATOR, password=PASSWORD)
        else:
            self._tell(numbers)

    def _tell(self, numbers: Mapping[str, int]) -> None:
        self.stdout.write(
            f"{count(numbers['checks'], 'check')} replayed."
            if numbers["checks"]
            else "The demo is there already; nothing was changed."
        )
        self.stdout.write(
            f"{count(numbers['products'], 'product')} on {count(numbers['watchlists'], 'watchlist')}:"
            f" {count(numbers['snapshots'], 'snapshot')}, {count(numbers['changes'], 'change')},"
            f" {count(numbers['alerts'], 'alert')}.\n"
            f"Checking them takes at least {numbers['calls_a_day']:,} of the day's {numbers['budget']:,} calls;"
            " the others go where changes are likely.\n"
            f"Log in at {settings.SITE_URL} with the password {PASSWORD} (unless you changed it):\n"
            f"  {MERCHANT}  watches the products\n"
            f"  {OPERATOR}  sees {settings.SITE_URL}/admin/ too"
        )


@transaction.atomic
def _set_up(start: datetime) -> None:
    """The people and their lists. The products are not due before their past has been replayed."""
    merchant = User.objects.create_user(MERCHANT, PASSWORD, name="林老板", language="zh-hans", date_joined=start)
    if not User.objects.filter(email=OPERATOR).exists():
        User.objects.create_superuser(OPERATOR, PASSWORD, name="Operator", language="en", date_joined=start)
    for demo_list in LISTS:
        watchlist = create_watchlist(merchant, demo_list.name)
        for terms in demo_list.rules:
            terms.put_on(Rule(watchlist=watchlist)).save()
        add_products(watchlist, demo_list.num_iids, start)
        _set_target_prices(watchlist, demo_list.num_iids)
    for model in (Watchlist, Watch, Rule):
        owner = "owner" if model is Watchlist else "watchlist__owner"
        model._default_manager.filter(**{owner: merchant}).update(created_at=start)
    watched = Product.objects.filter(watches__watchlist__owner=merchant)
    reschedule(watched, start)
    Product.objects.filter(pk__in=watched.values("pk")).update(next_check_at=None)


def _set_target_prices(watchlist: Watchlist, num_iids: Iterable[str]) -> None:
    """Where every price change would be an alert an hour, only a price below the target is one."""
    for num_iid in num_iids:
        product = product_of(num_iid)
        if product.price_habit not in RESTLESS:
            continue
        watch = watchlist.watches.get(product__num_iid=num_iid)
        target = product.base_price * TARGET_PERCENT // 100
        Rule.objects.create(watchlist=watchlist, watch=watch, kind=Kind.PRICE_BELOW.value, threshold=target)
        if product.price_habit is PriceHabit.FLASH:
            watch.interval = RESTLESS_INTERVAL
            watch.save(update_fields=["interval"])


def _watch_one_closely(now: datetime) -> None:
    """One product's every price is an alert from now on, and it is looked at every minute: of those that never rest
    the one that moves first, so that the first e-mail does not keep anybody waiting."""
    restless = Watch.objects.filter(watchlist__owner__email=MERCHANT, interval=RESTLESS_INTERVAL)
    watch = min(restless.select_related("product"), key=lambda one: _first_move(one.product.num_iid, now), default=None)
    if watch is None:
        return
    watch.interval = SHORTEST_INTERVAL
    watch.save(update_fields=["interval"])
    reschedule(Product.objects.filter(pk=watch.product_id), now)
    rule, _ = Rule.objects.get_or_create(
        watchlist_id=watch.watchlist_id, watch=watch, kind=Kind.PRICE_CHANGED.value, threshold=None
    )
    rule_changed(rule, now)


def _first_move(num_iid: str, now: datetime) -> datetime:
    """When the price is next another one than in half a minute, when the demo has just started."""

    def price(when: datetime) -> int:
        return prices_at(product_of(num_iid), int(when.timestamp())).price

    start = now + timedelta(seconds=30)
    moments = (start + timedelta(seconds=seconds) for seconds in range(0, 600, 5))
    return next((when for when in moments if price(when) != price(start)), start + timedelta(hours=1))


def _look_lived_in(now: datetime) -> None:
    """The merchant has read the older alerts, restless products are due, so that pages move from the start, and the
    prices of a day and of a week ago are known."""
    merchant = User.objects.get(email=MERCHANT)
    read = Alert.objects.for_user(merchant).filter(created_at__lt=now - READ_AFTER)
    AlertRead.objects.bulk_create(
        [AlertRead(alert=alert, user=merchant) for alert in read.only("pk")], batch_size=500, ignore_conflicts=True
    )
    Product.objects.filter(watches__interval__lte=RESTLESS_INTERVAL).update(next_check_at=now)
    look_back(now)


def _unfinished() -> list[Product]:
    """Products that are watched and yet never due: those whose past has not been replayed to its end."""
    known = [num_iid for demo_list in LISTS for num_iid in demo_list.num_iids]
    unfinished = Product.objects.filter(num_iid__in=known, interval__isnull=False, next_check_at__isnull=True)
    return list(unfinished)


def _unlucky() -> str:
    """The product whose checks fail for a while: a rival's with an ordinary price."""
    return next(num_iid for num_iid in RIVALS.num_iids if product_of(num_iid).price_habit is PriceHabit.STEPPING)


def _calls_a_day() -> int:
    intervals = Product.objects.watched().values_list("interval", flat=True)
    return round(sum(timedelta(days=1) / interval for interval in intervals if interval))


def _days(text: str) -> int:
    days = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(MOST_DAYS)) else 0
    if not 1 <= days <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days from 1 to {MOST_DAYS}")
    return days
