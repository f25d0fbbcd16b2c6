"""Sending without faults: what the server receives, byte for byte where it matters."""

import re
from collections import Counter
from email.utils import parsedate_to_datetime

import pytest
from pytest_django.fixtures import Settings

from monitor.models import Message
from monitor.telling.outbox import send_due
from tests.telling.mailserver import MailServer
from tests.telling.stories import drop

pytestmark = pytest.mark.django_db


def header(raw: bytes, name: str) -> list[bytes]:
    """Return the raw values of a header. A folded value is cut at the end of its first line."""
    head = raw.partition(b"\r\n\r\n")[0]
    return re.findall(rb"(?im)^" + name.encode() + rb": (.*?)\r?$", head)


def test_each_recipient_gets_their_own_mail_over_one_connection(server: MailServer) -> None:
    story = drop(recipients=4)

    assert send_due(story.now) == Counter(sent=4)

    assert server.connections == 1
    assert len(server.raw) == 4
    for message, address in zip(server.messages, server.recipients, strict=True):
        assert message["To"] == address
    assert len(set(server.recipients)) == 4


def test_the_headers_mark_an_automatic_mail(server: MailServer) -> None:
    story = drop()
    send_due(story.now)
    (raw,) = server.raw
    stored = Message.objects.get().uid.encode()

    assert header(raw, "Message-ID") == [b"<" + stored + b">"]
    assert header(raw, "To") == [b"merchant@example.com"]
    assert header(raw, "Auto-Submitted") == [b"auto-generated"]
    assert header(raw, "X-Auto-Response-Suppress") == [b"All"]
    assert header(raw, "From")[0].endswith(b"<stallwatch@watch.example.org>")
    assert parsedate_to_datetime(header(raw, "Date")[0].decode()).tzinfo is not None
    assert server.messages[0]["From"] == "看摊 <stallwatch@watch.example.org>"


def test_identifiers_are_not_encoded_even_with_a_long_host_name(
    server: MailServer, settings: Settings
) -> None:
    settings.SITE_URL = "https://a-long-name-for-a-machine.department-of-watching.example.org"
    story = drop()
    send_due(story.now)
    (raw,) = server.raw

    for name in (b"Message-ID", b"List-Id"):
        assert re.search(rb"(?im)^" + name + rb":\s*(?:\r\n )?<[0-9a-z.@-]+>\r\n", raw), (
            raw.partition(b"\r\n\r\n")[0]
        )
    assert b"=?" not in b"".join(header(raw, "Message-ID") + header(raw, "List-Id"))
