"""Messages to webhooks, written to the outbox."""

import time
from collections.abc import Iterator
from dataclasses import asdict

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from monitor.models import Alert, Message, MessageAlert, User
from monitor.people import channels
from monitor.telling.channels import webhook
from monitor.telling.compose import write_messages
from tests.bench.report import Figure
from tests.bench.scenarios import digests
from tests.bench.server import Provider

CHANNELS = 1000


def run(provider: Provider) -> Iterator[Figure]:
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]
    call_command("migrate", verbosity=0)
    digests.fill(CHANNELS, CHANNELS, timezone.now())
    target = webhook.SPEC.read_target("http://127.0.0.1:9/hook", webhook.new_secret())
    for user in User.objects.all():
        channels.add(user, "webhook", "ERP", asdict(target), "", timezone.now())
    MessageAlert.objects.all().delete()
    Message.objects.all().delete()
    Alert.objects.update(is_delivered=False)
    began = time.perf_counter()
    write_messages(timezone.now())
    seconds = time.perf_counter() - began
    yield Figure(
        "messages to webhooks, written to the outbox", CHANNELS / seconds, "messages/s", least=100
    )
