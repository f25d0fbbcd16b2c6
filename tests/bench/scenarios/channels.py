"""Messages to webhooks: alone, beside slow ones, and mails while all webhooks are down."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db.models import Max
from django.utils import timezone

from config import services
from monitor.accounts import channels
from monitor.delivery import channel_outbox, outbox
from monitor.delivery.channels import webhook
from monitor.delivery.compose import write_messages
from monitor.models import Alert, Channel, Message, MessageAlert, User
from tests.bench import bulk
from tests.bench.figures import Figure, at_least
from tests.bench.mailbox import mailbox
from tests.bench.scenarios import digests
from tests.bench.server import Provider
from tests.delivery.channels.hooks import OK, Answer, hook

CHANNELS, QUICK_CHANNELS = 1000, 200
#: Every fiftieth webhook answers late.
SLOW_ONE_OF = 50
LATE = 3.0


def run(provider: Provider, quick: bool) -> Iterator[Figure]:
    count = QUICK_CHANNELS if quick else CHANNELS
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]
    call_command("migrate", verbosity=0)
    digests.fill(count, count, timezone.now())
    with hook() as fast, hook() as slow, mailbox() as (mail_url, _):
        settings.MAILERS = {"default": services.mailer(mail_url, Path())}
        for number, user in enumerate(User.objects.order_by("pk")):
            name, receiver = ("fast", fast) if number % SLOW_ONE_OF else ("slow", slow)
            target = webhook.SPEC.read_target(receiver.url, webhook.new_secret())
            channels.add(user, "webhook", name, asdict(target), "", timezone.now())
        written = _seconds(_write)
        bulk.analyze()
        alone = _seconds_of_fast()
        slow.default = lambda: _late(OK)
        beside_slow = _seconds_of_fast()
        mails = _seconds(_send_mails)
        slow.default = fast.default = lambda: _late((503, {}, b""))
        with ThreadPoolExecutor(1) as pool:
            _make_due()
            down = pool.submit(channel_outbox.send_due)
            mails_beside_down = _seconds(_send_mails)
            down.result()
    yield Figure("messages to webhooks, written to the outbox", count / written, "messages/s", at_least(100))
    yield Figure("messages to webhooks, sent by one process", count / alone, "messages/s")
    yield Figure(
        f"the same while 1 of {SLOW_ONE_OF} answers after {LATE:g} s", alone / beside_slow, "of it", at_least(0.7)
    )
    yield Figure(
        f"mails while {count:,} webhooks are down", mails / mails_beside_down, "of the rate alone", at_least(0.7)
    )


def _late(answer: Answer) -> Answer:
    time.sleep(LATE)
    return answer


def _seconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def _write() -> None:
    MessageAlert.objects.all().delete()
    Message.objects.all().delete()
    Alert.objects.update(is_delivered=False)
    write_messages(timezone.now())


def _seconds_of_fast() -> float:
    """Sends all messages to webhooks; returns when the last of the fast ones was sent."""
    _make_due()
    began = timezone.now()
    counts = Counter[str]()
    while Message.objects.filter(channel__isnull=False, status="pending").exists():
        counts += channel_outbox.send_due()
    fast = Message.objects.filter(channel__name="fast")
    if set(fast.values_list("status", flat=True)) != {"sent"}:
        raise AssertionError(f"{counts}, so the figures mean nothing")
    seconds: float = (fast.aggregate(last=Max("sent_at"))["last"] - began).total_seconds()
    return seconds


def _send_mails() -> None:
    Message.objects.filter(channel=None).update(status="pending", next_attempt_at=timezone.now(), lease=None)
    outbox.send_due()


def _make_due() -> None:
    now = timezone.now()
    Message.objects.filter(channel__isnull=False).update(status="pending", next_attempt_at=now, lease=None)
    Channel.objects.update(next_send_at=now)
