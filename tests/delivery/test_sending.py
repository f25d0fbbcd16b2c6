"""One pass of the outbox when all goes well: what arrives, byte for byte where it matters."""

import re
from collections import Counter
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest
from pytest_django.fixtures import Settings

from monitor.delivery.outbox import send_due
from monitor.models import Email, Membership, User
from tests.delivery.mailserver import MailServer
from tests.story import Story

pytestmark = pytest.mark.django_db


def drop() -> Story:
    """A price that fell from ¥72.00 to ¥63.00."""
    story = Story()
    story.hears()
    story.hears(price=6300)
    return story


def header(raw: bytes, name: str) -> list[bytes]:
    """The values of a header as they went over the wire, unfolded nowhere: a folded one ends at its first line."""
    head = raw.partition(b"\r\n\r\n")[0]
    return re.findall(rb"(?im)^" + name.encode() + rb": (.*?)\r?$", head)


def test_it_sends_an_alert_and_says_so(server: MailServer) -> None:
    story = drop()

    assert send_due(story.now) == Counter(sent=1)

    assert server.recipients == ["merchant@example.com"]
    email = Email.objects.get()
    assert (email.status, email.attempts, email.sent_at, email.lease) == (Email.Status.SENT, 1, story.now, None)


def test_it_sends_nothing_twice(server: MailServer) -> None:
    story = drop()
    send_due(story.now)

    assert send_due(story.now) == Counter()
    assert send_due(story.now + timedelta(days=3)) == Counter()
    assert len(server.raw) == 1


def test_it_opens_no_connection_for_nothing(server: MailServer) -> None:
    assert send_due(Story().now) == Counter()
    assert server.connections == 0


def test_it_sends_to_each_alone_over_one_connection(server: MailServer) -> None:
    story = drop()
    for number in range(3):
        user = User.objects.create_user(f"member{number}@example.com")
        Membership.objects.create(watchlist=story.watchlist, user=user)

    assert send_due(story.now) == Counter(sent=4)

    assert server.connections == 1
    assert len(server.raw) == 4
    for message, address in zip(server.messages, server.recipients, strict=True):
        assert message["To"] == address
    assert len(set(server.recipients)) == 4


def test_it_sends_no_more_than_its_limit(server: MailServer) -> None:
    story = drop()
    for number in range(3):
        user = User.objects.create_user(f"member{number}@example.com")
        Membership.objects.create(watchlist=story.watchlist, user=user)

    assert send_due(story.now, limit=3) == Counter(sent=3)
    assert send_due(story.now) == Counter(sent=1)


def test_its_headers_are_those_of_a_machine(server: MailServer) -> None:
    story = drop()
    send_due(story.now)
    (raw,) = server.raw
    stored = Email.objects.get().message_id.encode()

    assert header(raw, "Message-ID") == [b"<" + stored + b">"]
    assert header(raw, "To") == [b"merchant@example.com"]
    assert header(raw, "Auto-Submitted") == [b"auto-generated"]
    assert header(raw, "X-Auto-Response-Suppress") == [b"All"]
    assert header(raw, "From")[0].endswith(b"<stallwatch@watch.example.org>")
    assert parsedate_to_datetime(header(raw, "Date")[0].decode()).tzinfo is not None
    assert server.messages[0]["From"] == "看摊 <stallwatch@watch.example.org>"


def test_it_encodes_no_identifier_however_long_the_sites_name(server: MailServer, settings: Settings) -> None:
    settings.SITE_URL = "https://a-rather-long-name-for-a-machine.department-of-watching.example.org"
    story = drop()
    send_due(story.now)
    (raw,) = server.raw

    for name in (b"Message-ID", b"List-Id"):
        assert re.search(rb"(?im)^" + name + rb":\s*(?:\r\n )?<[0-9a-z.@-]+>\r\n", raw), raw.partition(b"\r\n\r\n")[0]
    assert b"=?" not in b"".join(header(raw, "Message-ID") + header(raw, "List-Id"))


def test_it_keeps_to_lines_that_every_server_takes(server: MailServer) -> None:
    story = Story()
    story.hears()
    story.hears(title="长" * 500)
    story.hears(price=6300, title="长" * 500)
    send_due(story.now)
    (raw,) = server.raw

    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.isascii()
