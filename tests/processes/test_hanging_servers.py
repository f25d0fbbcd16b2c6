"""While one server outside hangs or is slow, all other work goes on."""

import signal
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from monitor.models import Heartbeat, Message, Product
from monitor.showing.reads.health import is_silent
from tests.polling.story import Story
from tests.processes.conftest import Worker, options_of_procfile, wait_until
from tests.provider.servers import ProviderServer, item
from tests.telling.mailserver import mail_server

pytestmark = pytest.mark.django_db(transaction=True)


def test_mail_goes_out_while_the_provider_hangs(
    provider: ProviderServer, start_worker: Callable[..., Worker], send: Callable[[str], None]
) -> None:
    story = Story(products=600)  # More than one batch, so that every thread of a worker has one.
    Product.objects.update(next_check_at=timezone.now())
    released = threading.Event()

    def answer(query: dict[str, str]) -> dict[str, Any]:
        released.wait(60)
        return item(query["num_iid"], int(timezone.now().timestamp()))

    provider.default = answer
    try:
        for options in options_of_procfile():
            start_worker(options)
        wait_until(lambda: provider.at_once == 4, "the calls that hang", lambda: send("tick"))

        mail = Message.to(story.user, timezone.now(), kind=Message.Kind.PASSWORD_CHANGED)
        mail.save()
        wait_until(
            lambda: Message.objects.get().status == "sent", "the mail", lambda: send("send_outbox")
        )
        assert provider.at_once == 4
    finally:
        released.set()


def test_ticks_come_while_the_mail_server_is_slow(
    start_worker: Callable[..., Worker], send: Callable[[str], None]
) -> None:
    story = Story()
    with mail_server() as server:
        server.answers_after = 8
        letters = (
            Message.to(story.user, timezone.now(), kind=Message.Kind.PASSWORD_CHANGED)
            for _ in range(400)
        )
        Message.objects.bulk_create(letters)
        _checks, upkeep = options_of_procfile()
        start_worker(upkeep, EMAIL_URL=f"smtp://127.0.0.1:{server.port}")
        for _ in range(10):
            send("send_outbox")
        claimed = Message.objects.filter(lease__isnull=False)
        wait_until(lambda: claimed.count() >= 40, "two connections, each with the mails of a claim")
        began = timezone.now()
        ticks = Heartbeat.objects.filter(work="tick", seen_at__gt=began)
        wait_until(ticks.exists, "a tick", lambda: send("tick"))


def test_the_loss_of_either_worker_is_noticed(
    provider: ProviderServer, start_worker: Callable[..., Worker], send: Callable[[str], None]
) -> None:
    tasks = {"tick", "send_outbox", "stand_by"}

    def beats() -> None:
        for task in tasks:
            send(task)

    def seen() -> set[str]:
        return set(Heartbeat.objects.values_list("work", flat=True))

    checks, upkeep = (start_worker(options) for options in options_of_procfile())
    wait_until(lambda: tasks <= seen(), "signs of life from both", beats)
    assert not is_silent(timezone.now())
    upkeep.end(signal.SIGKILL)
    Heartbeat.objects.update(expected_at=timezone.now() - timedelta(seconds=1))
    wait_until(lambda: not is_silent(timezone.now()), "the worker for checks", beats)
    assert {heartbeat.is_of_checks for heartbeat in Heartbeat.objects.alive(timezone.now())} == {
        True
    }
    checks.end(signal.SIGKILL)
