"""The structure of a mail, as the server receives it: alternatives, pictures, headers, line
lengths."""

import re
from collections import Counter
from email.message import EmailMessage

import pytest
from django.utils import timezone

from monitor.models import Message
from monitor.provider.text import IMAGE_HOSTS
from monitor.telling.outbox import send_due
from tests.polling.story import Story
from tests.telling.mailserver import MailServer, part

pytestmark = pytest.mark.django_db
SOURCE = re.compile(r'<img[^>]* src="([^"]*)"')


@pytest.fixture
def story() -> Story:
    story = Story()
    story.hears()
    return story


def send(server: MailServer, story: Story) -> EmailMessage:
    assert send_due(story.now) == Counter(sent=1)
    return server.messages[-1]


def html_of(message: EmailMessage) -> str:
    return part(message, "html")


def test_lines_are_short_enough_and_headers_are_ascii(server: MailServer, story: Story) -> None:
    story.watchlist.name = "很长的名字" * 20
    story.watchlist.save()
    story.hears(title="磨毛衬衫" * 100, price=6300)

    send(server, story)

    (raw,) = server.raw
    assert max(map(len, raw.split(b"\r\n"))) < 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    header, _, _ = raw.partition(b"\r\n\r\n")
    assert header.isascii()
    assert max(map(len, header.split(b"\r\n"))) <= 78
    assert server.messages[0]["Subject"].startswith("降价 12.5% · ¥72.00 → ¥63.00：磨毛衬衫")
    assert b"\r\nAuto-Submitted: auto-generated\r\n" in header


def test_a_text_keeps_its_lines_and_characters(server: MailServer, story: Story) -> None:
    story.hears(title="A Quilted Coat “Größe 8”", price=6300)

    text = send(server, story).get_body(("plain",))

    assert text is not None
    assert text["Content-Transfer-Encoding"] == "base64"
    lines = str(text.get_content()).splitlines()
    assert "A Quilted Coat “Größe 8”" in lines
    assert "¥72.00 → ¥63.00  ▼ 12.5%" in lines


def test_a_products_picture_is_small_and_leaves_no_words_if_it_is_blocked(
    server: MailServer, story: Story
) -> None:
    story.hears(price=6300)

    html = html_of(send(server, story))

    (picture,) = re.findall("<img[^>]*>", html)
    assert IMAGE_HOSTS[0] in picture
    for attribute in ('width="40"', 'height="40"', 'alt=""'):
        assert attribute in picture


def test_it_has_no_scripts_forms_or_external_styles(server: MailServer, story: Story) -> None:
    story.hears(price=6300)
    span = {"period": "day", "since": story.now.isoformat(), "until": story.now.isoformat()}
    Message.of_alerts(story.user.mailbox, story.now, kind=Message.Kind.DIGEST, context=span).save()
    Message.to(story.user, story.now, kind=Message.Kind.PASSWORD_CHANGED).save()

    send_due(max(timezone.now(), story.now))

    assert len(server.messages) == 3
    for message in server.messages:
        html = html_of(message)
        assert not re.search(
            r"<(script|link|form|iframe|object|base)\b|@import|url\(|javascript:", html
        )
        assert "prefers-color-scheme: dark" in html.replace(
            "prefers-color-scheme:dark", "prefers-color-scheme: dark"
        )
        assert 'class="page" style="' in html
