"""The structure of a mail, as the server receives it: alternatives, pictures, headers, line lengths."""

import io
import re
from collections import Counter
from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.utils import timezone
from PIL import Image

from monitor.delivery.outbox import send_due
from monitor.models import Email, Product, User
from monitor.provider.observation import Status
from monitor.provider.text import IMAGE_HOSTS
from tests.delivery.mailserver import MailServer, part
from tests.story import Story

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


def test_pictures_are_attached_to_the_html(server: MailServer, story: Story) -> None:
    story.hears(price=6300, after=timedelta(days=2))

    message = send(server, story)

    assert message.get_content_type() == "multipart/alternative"
    text, related = message.iter_parts()
    assert (text.get_content_type(), related.get_content_type()) == ("text/plain", "multipart/related")
    html, picture = related.iter_parts()
    assert html.get_content_type() == "text/html"
    name = str(picture["Content-ID"]).strip("<>")
    assert name.endswith(f".{Email.objects.get().message_id}")
    assert f'src="cid:{name}"' in html_of(message)
    assert (picture.get_content_type(), picture.get_content_disposition()) == ("image/png", "inline")
    png = picture.get_payload(decode=True)
    assert isinstance(png, bytes)
    with Image.open(io.BytesIO(png)) as image:
        assert image.size == (440, 72)
    assert 'width="220" height="36" alt="30 天价格走势：最低 ¥63.00，最高 ¥72.00，现价 ¥63.00"' in html_of(message)


def test_a_mail_without_pictures_has_two_alternatives(server: MailServer, story: Story) -> None:
    story.hears(status=Status.OFF_SHELF)

    message = send(server, story)

    assert message.get_content_type() == "multipart/alternative"
    assert [alternative.get_content_type() for alternative in message.iter_parts()] == ["text/plain", "text/html"]


def test_entries_of_the_same_product_share_a_picture(server: MailServer, story: Story) -> None:
    for price in (6300, 6100, 5900):
        story.hears(price=price)

    message = send(server, story)

    _html, *pictures = list(message.iter_parts())[1].iter_parts()
    assert len(pictures) == 1
    assert html_of(message).count("cid:") == 3


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
    assert "¥72.00 → ¥63.00  ▼ ¥9.00 (12.5%)" in lines


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.test/tracker.png",
        "http://p3-aio.ecombdimg.com/plain.png",
        "https://img.alicdn.com@evil.test/a.png",
        'https://p3-aio.ecombdimg.com/a" onerror="alert(1)',
        "cid:somebody@else",
        "",
    ],
)
def test_pictures_from_other_hosts_are_left_out(server: MailServer, story: Story, address: str) -> None:
    story.hears(price=6300)
    Product.objects.update(image=address)

    assert [source for source in SOURCE.findall(html_of(send(server, story))) if not source.startswith("cid:")] == []


def test_a_products_picture_has_a_size_and_a_description(server: MailServer, story: Story) -> None:
    story.hears(price=6300)

    html = html_of(send(server, story))

    (picture,) = [tag for tag in re.findall("<img[^>]*>", html) if "https:" in tag]
    assert IMAGE_HOSTS[0] in picture
    for attribute in ('width="64"', 'height="64"', 'alt="商品图片"'):
        assert attribute in picture


def test_it_has_no_scripts_forms_or_external_styles(server: MailServer, story: Story) -> None:
    story.hears(price=6300)
    for kind in (Email.Kind.PASSWORD_CHANGED, Email.Kind.DIGEST):
        span = {"period": "day", "since": story.now.isoformat(), "until": story.now.isoformat()}
        Email.to(User.objects.get(), story.now, kind=kind, context=span).save()

    send_due(max(timezone.now(), story.now))

    assert len(server.messages) == 3
    for message in server.messages:
        html = html_of(message)
        assert not re.search(r"<(script|link|form|iframe|object|base)\b|@import|url\(|javascript:", html)
        assert "prefers-color-scheme: dark" in html.replace("prefers-color-scheme:dark", "prefers-color-scheme: dark")
        assert 'class="page" style="' in html
