"""`manage.py demo`: people, watchlists and months of history to look at, from the sandbox
provider."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.db import transaction
from django.utils import timezone

from monitor.judging.rules.conditions import Condition
from monitor.judging.rules.kinds import Kind
from monitor.management.replay import (
    DAY,
    ReplayPast,
    fill_ledger,
    planned,
    replay,
    replay_assortments,
)
from monitor.models import (
    Alert,
    ChannelKind,
    Message,
    MessageAlert,
    Product,
    Rule,
    Shop,
    User,
    Watch,
    Watchlist,
)
from monitor.pages.rivals.reads import proposed, suggested
from monitor.people import channels
from monitor.polling.planning.fit import fit_schedule
from monitor.polling.planning.rescheduling import reschedule
from monitor.polling.recording.ageing import look_back
from monitor.provider.http import Reply
from monitor.provider.sandbox.catalogue import SPECIAL_BEGINNING, PriceHabit, example_id, product_of
from monitor.provider.sandbox.ranges import STAPLES
from monitor.telling.channels import POSTS
from monitor.telling.refusing import refuse
from monitor.watching.following import follow_shop
from monitor.watching.inbox import mark_read
from monitor.watching.own_values import save_values
from monitor.watching.pairings import set_rivals
from monitor.watching.rules import Terms
from monitor.watching.services import add_products, create_watchlist

MERCHANT, OPERATOR = "merchant@example.com", "operator@example.com"
#: Not secret: the demo runs only with the sandbox, and prints it.
PASSWORD = "stallwatch-demo"  # noqa: S105
#: The target price of products with flash sales and the cost of the merchant's own, in percent of
#: the usual price.
TARGET_PERCENT, COST_PERCENT = 75, 55


class DemoList(NamedTuple):
    """A watchlist: the last four digits of its products' IDs, and its rules besides the default
    ones."""

    name: str
    endings: tuple[int, ...]
    rules: tuple[Terms, ...]

    @property
    def num_iids(self) -> list[str]:
        return [example_id(ending) for ending in self.endings]


RIVALS = "竞品"
LISTS = (
    DemoList(
        "本店商品",
        STAPLES[0],
        (Terms(Condition(Kind.SILENT, 6)), Terms(Condition(Kind.BANNED), is_urgent=True)),
    ),
    DemoList(
        RIVALS,
        STAPLES[1] + STAPLES[2],
        (
            Terms(Condition(Kind.SALES_GREW, 2000, 7), DAY),
            Terms(Condition(Kind.PRICE_LOWEST, days=30), DAY),
            Terms(Condition(Kind.PRICE_BELOW_HIGH, 2000, 30, also=(Condition(Kind.ON_SALE),)), DAY),
        ),
    ),
    DemoList(
        "供应商",
        STAPLES[3] + STAPLES[4],
        (Terms(Condition(Kind.CAME_BACK), is_urgent=True),),
    ),
)
#: A rival's product, watched since yesterday, that the provider has not told once.
FAILING = f"{SPECIAL_BEGINNING}4002"
#: Refused by this answer, as its group wants a keyword in each message.
ROBOT = "https://oapi.dingtalk.com/robot/send?access_token=invented-for-the-demo"
REFUSAL = b'{"errcode": 310000, "errmsg": "keywords not in content"}'
#: Between two readings of a followed shop in the past.
ASSORTMENT_INTERVAL = timedelta(days=2)
MOST_DAYS = 365
READ_AFTER = timedelta(days=2)
#: A rival's price differs from one's own by less than this share.
ALIKE = 0.16


class Command(BaseCommand):
    help = (
        "Fills the sandbox's database: a merchant and an operator, three watchlists, and months "
        "of history replayed through the same parsing, change detection and recording as live "
        "checks. Once is enough: later runs change nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--days",
            type=int,
            default=90,
            metavar="N",
            help="how many days of history; 90 if not given",
        )

    @no_translations
    def handle(self, *args: Any, days: int, **options: Any) -> None:
        if not settings.PROVIDER_SANDBOX:
            raise CommandError(
                "The demo's products are invented, and a real provider would bill every check of "
                "them. It runs only on the sandbox: with DEBUG=1 and no PROVIDER_KEY."
            )
        if not 1 <= days <= MOST_DAYS:
            raise CommandError(f"The history may have 1 to {MOST_DAYS} days.")
        if User.objects.filter(email=MERCHANT).exists():
            self.stdout.write("The demo is there already; nothing was changed.")
            return
        now = timezone.now().replace(microsecond=0)
        self.stdout.write(f"Replaying {days} days of checks.")
        # All or nothing: the past of an interrupted demo would end too early.
        with transaction.atomic():
            _make(now - timedelta(days=days), now)
        self.stdout.write(
            f"Log in at {settings.SITE_URL} with the password {PASSWORD}:\n"
            f"  {MERCHANT}  watches the products\n"
            f"  {OPERATOR}  sees {settings.SITE_URL}/admin/ too"
        )


def _make(start: datetime, now: datetime) -> None:
    """Make people and lists, then replay and learn from their past."""
    _set_up(start)
    add_products(Watchlist.objects.get(name=RIVALS), [FAILING], now - DAY)
    products = list(Product.objects.watched())
    watched = Product.objects.filter(pk__in=[product.pk for product in products])
    past = ReplayPast(start, now)
    replay(past, planned(products, past))
    fill_ledger(past, User.objects.get(email=MERCHANT), len(products))
    reschedule(watched, now)
    # First learn from their past, then apply it.
    fit_schedule(now)
    reschedule(watched, now)
    # Their shops rank them by what they sell.
    look_back(now)
    _follow_rivals(start)
    replay_assortments(past, ASSORTMENT_INTERVAL)
    # What a shop told differently was due then, and has been checked since.
    Product.objects.filter(next_check_at__lt=now).update(next_check_at=now)
    _look_lived_in(now)
    _refuse_robot()


def _set_up(start: datetime) -> None:
    """Make the people and their lists."""
    merchant = User.objects.create_user(
        MERCHANT, PASSWORD, name="林老板", language="zh-hans", date_joined=start
    )
    User.objects.create_superuser(
        OPERATOR, PASSWORD, name="Operator", language="en", date_joined=start
    )
    for demo_list in LISTS:
        watchlist = create_watchlist(merchant, demo_list.name)
        for terms in demo_list.rules:
            terms.put_on(Rule(watchlist=watchlist)).save()
        add_products(watchlist, demo_list.num_iids, start)
        _set_prices(watchlist, demo_list.num_iids, start)
    merchant.watchlists.update(created_at=start)
    Watch.objects.filter(watchlist__owner=merchant).update(created_at=start)
    Rule.objects.filter(watchlist__owner=merchant).update(created_at=start)
    reschedule(Product.objects.filter(watches__watchlist__owner=merchant), start)


def _set_prices(watchlist: Watchlist, num_iids: Iterable[str], now: datetime) -> None:
    """Give products with flash sales a target price, and the merchant's own products a cost and a
    wanted profit."""
    for watch in watchlist.watches.filter(product__num_iid__in=num_iids).select_related("product"):
        product = product_of(watch.product.num_iid)
        cost = product.base_price * COST_PERCENT // 100
        values = {"cost": cost, "profit": cost // 5} if watchlist.name == LISTS[0].name else {}
        if product.price_habit is PriceHabit.MORNING:
            values["target"] = product.base_price * TARGET_PERCENT // 100
        save_values({watch.pk: values}, now)


def _follow_rivals(start: datetime) -> None:
    """Follow the two shops whose products are on the list of rivals, with rules about their
    assortments."""
    watchlist = Watchlist.objects.get(owner__email=MERCHANT, name=RIVALS)
    for shop in (
        Shop.objects.filter(products__watches__watchlist=watchlist).distinct().order_by("pk")
    ):
        follow_shop(watchlist, shop, start)
    for condition in (
        Condition(Kind.RANGE_NEW),
        Condition(Kind.RANGE_BEST),
        Condition(Kind.SHOP_REVENUE_GREW, 3000),
    ):
        Terms(condition).put_on(Rule(watchlist=watchlist, created_at=start)).save()


def _look_lived_in(now: datetime) -> None:
    """Mark the older alerts as read, pair own products with likely rivals, and compute the prices
    of a day and of a week ago."""
    merchant = User.objects.get(email=MERCHANT)
    mark_read(merchant, Alert.objects.filter(created_at__lt=now - READ_AFTER), now)
    lists = list(merchant.watchlists.filter(name=RIVALS).values_list("pk", flat=True))
    for watch in Watch.objects.filter(watchlist__owner=merchant, cost__isnull=False).select_related(
        "product"
    ):
        price = watch.product.price or 0
        rivals = [
            rival.num_iid
            for rival in proposed(suggested(watch.product, lists, ()))
            if abs((rival.price or 0) - price) < ALIKE * price
        ]
        set_rivals(watch, rivals, merchant)
    look_back(now)


def _refuse_robot() -> None:
    """Add a group robot that refused the newest alert; a mail says so."""
    alert = Alert.objects.latest("created_at")
    merchant, when = alert.watchlist.owner, alert.created_at
    spec = POSTS[ChannelKind.DINGTALK]
    target, verdict = spec.read_target(ROBOT, ""), spec.judge(Reply(200, REFUSAL))
    robot = channels.add(merchant, spec.kind, "运营群", asdict(target), spec.ending(target), when)
    held = {"status": Message.Status.HELD, "attempts": 1, "answer": verdict.answer}
    message = Message.of_alerts(robot, when, **held)
    message.save()
    MessageAlert.objects.create(message=message, alert=alert, recipient=merchant, channel=robot)
    refuse(robot, verdict, when)
