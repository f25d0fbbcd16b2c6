"""A channel of a platform that Stallwatch no longer sends to: its owner is told everywhere, and may
remove it."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import reverse

from monitor.models import Channel, Message, User
from monitor.pages.settings.my_data import archive
from monitor.people import channels
from monitor.telling import outbox
from monitor.telling.carriers import Posts
from monitor.telling.message import build
from tests.api import Program, problem_of
from tests.models.factories import NOW

pytestmark = pytest.mark.django_db
ADVICE = "Stallwatch no longer sends to this platform."


@pytest.fixture
def ended(merchant: User) -> Channel:
    """A channel of version 1, after the upgrade."""
    channel = channels.add(merchant, "webhook", "Team", {"url": "x", "secret": ""}, "…x", NOW)
    Message.of_alerts(channel, NOW).save()
    Channel.objects.filter(pk=channel.pk).update(kind="slack")
    migration = import_module("monitor.migrations.0015_ended_channels")
    for _ in range(2):
        migration.end_channels(apps, SimpleNamespace(connection=connection))
    channel.refresh_from_db()
    return channel


def test_its_owner_gets_one_letter(ended: Channel) -> None:
    User.objects.update(language="en")
    [letter] = Message.objects.filter(kind=Message.Kind.CHANNEL_REFUSED)
    assert ADVICE in build(letter).body
    assert [build(row).subject for row in Message.objects.filter(kind="channel_added")]


def test_its_page_says_why_and_offers_no_address(ended: Channel, web: Client) -> None:
    page = f"/channels/{ended.pk}/"
    assert "Team" in web.get("/channels/").content.decode()
    text = web.get(page).content.decode()
    assert ADVICE in text
    assert "/mend/" not in text
    answer = web.post(f"{page}mend/", {"url": "https://hooks.slack.com/services/T/B/x"})
    assert ADVICE in answer.content.decode()
    assert web.post(page, {"name": "Old", "how": "daily"}, follow=True).status_code == 200
    web.post(f"{page}remove/")
    assert not Channel.objects.added().exists()


def test_programs_files_and_operators_see_it(ended: Channel, merchant: User) -> None:
    [_mailbox, row] = Program.of(merchant).get("/channels")
    assert (row["kind"], row["state"]) == ("slack", "refused")
    tried = Program.of(merchant, scope="write").send("POST", f"/channels/{ended.pk}/test")
    assert "no longer sends" in problem_of(tried, 422)["errors"][0]["what"]
    assert b"".join(archive(merchant))
    admin = Client()
    admin.force_login(User.objects.create_superuser("operator@example.com", language="en"))
    rows = reverse("admin:monitor_channel_changelist")
    for address in (rows, f"{rows}{ended.pk}/change/"):
        assert "Team" in admin.get(address).content.decode()


def test_nothing_is_sent_to_it(ended: Channel) -> None:
    assert not outbox.send_due(NOW, Posts)
