"""Digests of twenty alerts each, rendered by one process and sent to a mail server on this machine."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config import services
from monitor.delivery.compose import write_messages
from monitor.delivery.message import build
from monitor.delivery.outbox import send_due
from monitor.models import Alert, Change, Message, MessageAlert, Product, Shop, User, Watch, Watchlist
from monitor.provider.observation import Status
from tests.bench import bulk
from tests.bench.figures import Figure, at_least, at_most
from tests.bench.mailbox import mailbox
from tests.bench.reply import FIRST_NUM_IID
from tests.bench.server import Provider

DIGESTS, QUICK_DIGESTS = 10_000, 300
PRODUCTS, QUICK_PRODUCTS = 20_000, 2000
ALERTS, CHANGES = 20, 8
DAY = timedelta(days=1)
#: Digests whose rows are written in one batch.
_CHUNK = 100


def run(provider: Provider, quick: bool) -> Iterator[Figure]:
    digests = QUICK_DIGESTS if quick else DIGESTS
    call_command("migrate", verbosity=0)
    fill(digests, QUICK_PRODUCTS if quick else PRODUCTS, timezone.now())
    bulk.analyze()
    statements = _statements()
    with mailbox() as (url, arrivals):
        settings.MAILERS = {"default": services.mailer(url, Path())}
        began, cpu = time.perf_counter(), time.process_time()
        report = send_due(limit=digests)
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        if not report["sent"] == arrivals.messages == digests:
            raise AssertionError(f"{report}, and {arrivals.messages} have arrived, so the figures mean nothing")
        size = arrivals.size / digests
    composed = _composed()
    yield Figure(f"digests of {ALERTS} alerts, written to the outbox", composed, "digests/s", at_least(100))
    yield Figure(f"digests of {ALERTS} alerts, to a mail server", digests / seconds, "digests/s", at_least(30))
    yield Figure("the worker's CPU for a digest", cpu / digests * 1000, "ms")
    yield Figure("size of a digest", size / 1000, "KB")
    yield Figure("statements to read a digest alone", statements, "", at_most(12))


def _composed() -> float:
    """Digests a second that are written from new alerts."""
    MessageAlert.objects.all().delete()
    Message.objects.all().delete()
    Alert.objects.update(is_delivered=False)
    began = time.perf_counter()
    written = write_messages(timezone.now())
    return written / (time.perf_counter() - began)


def _statements() -> int:
    email = Message.objects.select_related("recipient").earliest("pk")
    build(email)
    with CaptureQueriesContext(connection) as captured:
        build(email)
    return len(captured)


def fill(digests: int, products: int, now: datetime) -> None:
    """Every user watches twenty products, each with price changes in the last days and today."""
    changes = _last_changes(products, now)
    people = User.objects.bulk_create(
        User(email=f"bench-{number}@example.com", language=("zh-hans", "en")[number % 2], mail_how="daily")
        for number in range(digests)
    )
    lists = Watchlist.objects.bulk_create(Watchlist(owner=user, name="对手") for user in people)
    span = {"period": "day", "since": (now - DAY).isoformat(), "until": now.isoformat()}
    emails = Message.objects.bulk_create(
        Message.to(user, now, kind=Message.Kind.DIGEST, context=span) for user in people
    )
    for first in range(0, digests, _CHUNK):
        pairs = [
            (number, changes[(number * 7 + place * 13) % products])
            for number in range(first, min(first + _CHUNK, digests))
            for place in range(ALERTS)
        ]
        Watch.objects.bulk_create(Watch(watchlist=lists[number], product=change.product) for number, change in pairs)
        alerts = Alert.objects.bulk_create(_alert(lists[number], change) for number, change in pairs)
        MessageAlert.objects.bulk_create(
            MessageAlert(message=emails[number], alert=alert, recipient=people[number])
            for (number, _), alert in zip(pairs, alerts, strict=True)
        )


def _last_changes(count: int, now: datetime) -> list[Change]:
    """Makes `count` products with price changes; returns the last change of each."""
    shops = Shop.objects.bulk_create(
        Shop(shop_id=f"sXahc{number}", name=f"古蒂歌精品女装店{number}") for number in range(100)
    )
    products = Product.objects.bulk_create(_product(number, shops[number % 100], now) for number in range(count))
    changes = Change.objects.bulk_create(
        (_change(product, step, now) for product in products for step in range(CHANGES)), batch_size=5000
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
