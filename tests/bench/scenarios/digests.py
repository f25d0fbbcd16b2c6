"""Digests of twenty alerts each, rendered by one process and sent to a mail server on this
machine."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from config import services
from monitor.models import (
    Alert,
    Change,
    Channel,
    Message,
    MessageAlert,
    Product,
    Shop,
    User,
    Watch,
    Watchlist,
)
from monitor.provider.observation import Status
from monitor.telling.carriers import Mails
from monitor.telling.compose import write_messages
from monitor.telling.outbox import send_due
from tests.bench import bulk
from tests.bench.mailbox import mailbox
from tests.bench.reply import FIRST_NUM_IID
from tests.bench.report import Figure
from tests.bench.server import Provider

DIGESTS, PRODUCTS = 2_000, 5_000
ALERTS, CHANGES = 20, 8
DAY = timedelta(days=1)
#: Digests whose rows are written in one batch.
_CHUNK = 100


def run(provider: Provider) -> Iterator[Figure]:
    call_command("migrate", verbosity=0)
    fill(DIGESTS, PRODUCTS, timezone.now())
    bulk.analyze()
    with mailbox() as (url, arrivals):
        settings.MAILERS = {"default": services.mailer(url, Path())}
        began, cpu = time.perf_counter(), time.process_time()
        report = Counter[str]()
        while Message.objects.filter(status=Message.Status.PENDING).exists():
            report += send_due(None, Mails)
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        if not report["sent"] == arrivals.messages == DIGESTS:
            raise AssertionError(
                f"{report}, and {arrivals.messages} have arrived, so the figures mean nothing"
            )
        size = arrivals.size / DIGESTS
    composed = _composed()
    yield Figure(
        f"digests of {ALERTS} alerts, written to the outbox", composed, "digests/s", least=100
    )
    yield Figure(
        f"digests of {ALERTS} alerts, to a mail server", DIGESTS / seconds, "digests/s", least=30
    )
    yield Figure("the worker's CPU for a digest", cpu / DIGESTS * 1000, "ms")
    yield Figure("size of a digest", size / 1000, "KB")


def _composed() -> float:
    """Return the digests a second that are written from new alerts."""
    MessageAlert.objects.all().delete()
    Message.objects.all().delete()
    Alert.objects.update(is_delivered=False)
    began = time.perf_counter()
    written = write_messages(timezone.now())
    return written / (time.perf_counter() - began)


def fill(digests: int, products: int, now: datetime) -> None:
    """Let every user watch twenty products, each with price changes in the last days and today."""
    changes = _last_changes(products, now)
    people = User.objects.bulk_create(
        User(email=f"bench-{number}@example.com", language=("zh-hans", "en")[number % 2])
        for number in range(digests)
    )
    mailboxes = Channel.objects.bulk_create(map(Channel.mailbox, people))
    Channel.objects.update(how="daily")
    lists = Watchlist.objects.bulk_create(Watchlist(owner=user, name="对手") for user in people)
    span = {"period": "day", "since": (now - DAY).isoformat(), "until": now.isoformat()}
    emails = Message.objects.bulk_create(
        Message.of_alerts(mailbox, now, kind=Message.Kind.DIGEST, context=span)
        for mailbox in mailboxes
    )
    for first in range(0, digests, _CHUNK):
        pairs = [
            (number, changes[(number * 7 + place * 13) % products])
            for number in range(first, min(first + _CHUNK, digests))
            for place in range(ALERTS)
        ]
        Watch.objects.bulk_create(
            Watch(watchlist=lists[number], product=change.product) for number, change in pairs
        )
        alerts = Alert.objects.bulk_create(
            _alert(lists[number], change) for number, change in pairs
        )
        MessageAlert.objects.bulk_create(
            MessageAlert(
                message=emails[number],
                alert=alert,
                recipient=people[number],
                channel=mailboxes[number],
            )
            for (number, _), alert in zip(pairs, alerts, strict=True)
        )


def _last_changes(count: int, now: datetime) -> list[Change]:
    """Make `count` products with price changes; return the last change of each."""
    shops = Shop.objects.bulk_create(
        Shop(shop_id=f"sXahc{number}", name=f"古蒂歌精品女装店{number}") for number in range(100)
    )
    products = Product.objects.bulk_create(
        _product(number, shops[number % 100], now) for number in range(count)
    )
    changes = Change.objects.bulk_create(
        (_change(product, step, now) for product in products for step in range(CHANGES)),
        batch_size=5000,
    )
    return changes[CHANGES - 1 :: CHANGES]


def _product(number: int, shop: Shop, now: datetime) -> Product:
    return Product(
        num_iid=str(FIRST_NUM_IID + number),
        title=f"中老年妈妈装春装外套2026新款洋气高贵毛呢大衣 {number}",
        shop=shop,
        image=f"https://p3-aio.ecombdimg.com/obj/temai/{number:032x}",
        price=7200 + number,
        sales=13000,
        status=Status.ON_SALE.value,
        first_data_time=now - 90 * DAY,
        changed_at=now - DAY / 4,
        data_time=now,
        checked_at=now,
        answered_at=now,
        interval=timedelta(hours=1),
        next_check_at=now + DAY,
    )


def _change(product: Product, step: int, now: datetime) -> Change:
    before, after = (7200 + (number * 377 + product.pk * 31) % 3000 for number in (step, step + 1))
    changed_at = now - DAY / 4 - (CHANGES - 1 - step) * 3 * DAY
    return Change(
        product=product,
        field="price",
        before=before,
        after=after,
        last_seen_before=changed_at - DAY / 24,
        first_seen_after=changed_at,
        request_id="gw-1",
    )


def _alert(watchlist: Watchlist, change: Change) -> Alert:
    return Alert(
        watchlist=watchlist,
        rule_as_it_was={"kind": "price_changed", "threshold": None},
        change=change,
        product_id=change.product_id,
        field="price",
        before=change.before,
        after=change.after,
        data_time=change.first_seen_after,
        created_at=change.first_seen_after,
        request_id="gw-1",
        is_delivered=True,
    )
