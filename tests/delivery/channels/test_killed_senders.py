"""Alerts go to twelve channels of five kinds while the sender is killed again and again."""

import json
import random
from contextlib import ExitStack
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from monitor.accounts import channels
from monitor.delivery import channel_outbox
from monitor.delivery.channel_outbox import LEASE
from monitor.delivery.channels import browser
from monitor.delivery.compose import write_messages
from monitor.models import Alert, Message
from tests.delivery.channels.hooks import hook
from tests.delivery.channels.standins import DingTalkGroup, FeishuGroup, Group, PushService, WeComGroup, serving
from tests.delivery.stories import GATHERED, KilledError
from tests.story import TELLS, Story

GROUPS: list[tuple[str, type[Group]]] = [
    *[("feishu", FeishuGroup)] * 3,
    *[("dingtalk", DingTalkGroup)] * 3,
    *[("wecom", WeComGroup)] * 2,
]
PRODUCTS, ROUNDS, KILLS = 20, 5, 20


@pytest.mark.django_db(transaction=True)
def test_all_arrive_and_a_copy_has_the_id_of_its_message(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.OUTGOING_NETWORKS, settings.SITE_URL = ["127.0.0.0/8"], "https://watch.example.org"
    story, dice = Story(products=PRODUCTS), random.Random(7)
    _cost(story, 7200)
    kills_left, settle = KILLS, channel_outbox._settle

    def settle_or_die(*args: Any) -> Message.Status:
        nonlocal kills_left
        if kills_left and dice.random() < 0.4:
            kills_left -= 1
            raise KilledError
        return settle(*args)

    monkeypatch.setattr(channel_outbox, "_settle", settle_or_die)
    with ExitStack() as stack:
        groups = [(kind, stack.enter_context(serving(group()))) for kind, group in GROUPS]
        hooks = [("webhook", stack.enter_context(hook())) for _ in range(2)]
        urls = [*((kind, group.url) for kind, group in groups), *((kind, receiver.url) for kind, receiver in hooks)]
        for number, (kind, url) in enumerate(urls):
            channels.add(story.user, kind, f"{kind} {number}", {"url": url, "secret": ""}, "…", story.now)
        pushes = [stack.enter_context(serving(PushService(lambda: story.now.timestamp()))) for _ in range(2)]
        for number, service in enumerate(pushes):
            target = browser.read_target(json.dumps(service.subscription), "")
            channels.add(story.user, "browser", f"browser {number}", asdict(target), "…", story.now)
        for number in range(ROUNDS):
            _cost(story, 7000 - 300 * number)
            write_messages(story.now)
            story.now += GATHERED
            _send(story)
        while Message.objects.filter(channel__isnull=False, status="pending").exists():
            story.now += timedelta(hours=1)
            _send(story)
    assert kills_left == 0
    sent = Message.objects.filter(channel__isnull=False)
    assert set(sent.values_list("status", flat=True)) == {"sent"}
    alerts = {str(key) for key in Alert.objects.values_list("pk", flat=True)}
    assert len(alerts) == PRODUCTS * ROUNDS
    for _, receiver in hooks:
        bodies = [body for _, body in receiver.calls]
        assert {alert["id"] for body in bodies for alert in body["alerts"]} == alerts
        by_id = {body["id"]: body["alerts"] for body in bodies}
        assert all(by_id[body["id"]] == body["alerts"] for body in bodies)
        assert sum(len(told) for told in by_id.values()) == len(alerts), "Only copies tell an alert twice."
    for service in pushes:
        own = sent.filter(channel__kind="browser").count() // len(pushes)
        assert len({message["tag"] for message in service.accepted}) == own, "A copy has its message's tag."
    calls = sum(len(group.accepted) for group in [*(group for _, group in groups), *pushes])
    calls += sum(len(receiver.calls) for _, receiver in hooks)
    # A killed sender loses the answers of all channels to which it was sending.
    assert 0 < calls - sent.count() <= KILLS * 12


def _send(story: Story) -> None:
    """A sender, and after each kill another one when the lease has run out."""
    while True:
        try:
            channel_outbox.send_due(story.now)
        except KilledError:
            story.now += LEASE
        else:
            return


def _cost(story: Story, price: int) -> None:
    """All products cost this an hour later."""
    story.now += timedelta(hours=1)
    story.records(replace(TELLS, num_iid=key, price=price, data_time=story.now) for key in story.num_iids)
