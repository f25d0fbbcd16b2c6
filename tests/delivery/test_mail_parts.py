"""How a mail is put together, on the bytes that a server gets: alternatives, pictures, headers, the length of lines."""

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
from tests.delivery.mailserver import MailServer
from tests.story import Story

pytestmark = pytest.mark.django_db
SOURCE = re.compile(r'<img[^>]* src="([^"]*)"')


@pytest.fixture
def story() -> Story:
    story = Story()
    story.hears()
    return story


def sent(server: MailServer, story: Story) -> EmailMessage:
    assert send_due(story.now) == Counter(sent=1)
    return server.messages[-1]


def html_of(message: EmailMessage) -> str:
    body = message.get_body(("html",))
    assert body is not None
    return str(body.get_content())


def test_pictures_come_along_with_the_html_that_shows_them(server: MailServer, story: Story) -> None:
    story.hears(price=6300, after=timedelta(days=2))

    message = sent(server, story)

    assert message.get_content_type() == "multipart/alternative"
    text, shown = message.iter_parts()
    assert (text.get_content_type(), shown.get_content_type()) == ("text/plain", "multipart/related")
    html, picture = shown.iter_parts()
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


def test_what_has_no_picture_of_its_own_is_two_alternatives(server: MailServer, story: Story) -> None:
    story.hears(status=Status.OFF_SHELF)

    message = sent(server, story)

    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_several_entries_of_one_product_share_its_picture(server: MailServer, story: Story) -> None:
    for price in (6300, 6100, 5900):
        story.hears(price=price)

    message = sent(server, story)

    _html, *pictures = list(message.iter_parts())[1].iter_parts()
    assert len(pictures) == 1
    assert html_of(message).count("cid:") == 3


def test_every_line_can_travel_and_every_header_is_plain(server: MailServer, story: Story) -> None:
    story.watchlist.name = "很长的名字" * 20
    story.watchlist.save()
    story.hears(title="磨毛衬衫" * 100, price=6300)

    sent(server, story)

    (raw,) = server.raw
    assert max(map(len, raw.split(b"\r\n"))) < 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    header, _, _ = raw.partition(b"\r\n\r\n")
    assert header.isascii()
    assert max(map(len, header.split(b"\r\n"))) <= 78
    assert server.messages[0]["Subject"].startswith("降价 12.5% · ¥72.00 → ¥63.00：磨毛衬衫")
    assert b"\r\nAuto-Submitted: auto-generated\r\n" in header


def test_a_text_keeps_its_lines_and_its_letters(server: MailServer, story: Story) -> None:
    story.hears(title="A Quilted Coat “Größe 8”", price=6300)

    text = sent(server, story).get_body(("plain",))

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
def test_no_picture_comes_from_anywhere_else(server: MailServer, story: Story, address: str) -> None:
    story.hears(price=6300)
    Product.objects.update(image=address)

    assert [source for source in SOURCE.findall(html_of(sent(server, story))) if not source.startswith("cid:")] == []


def test_a_products_picture_is_named_and_has_its_room(server: MailServer, story: Story) -> None:
    story.hears(price=6300)

    html = html_of(sent(server, story))

    (picture,) = [tag for tag in re.findall("<img[^>]*>", html) if "https:" in tag]
    assert IMAGE_HOSTS[0] in picture
    for attribute in ('width="64"', 'height="64"', 'alt="商品图片"'):
        assert attribute in picture


def test_it_carries_no_script_no_form_and_no_style_from_afar(server: MailServer, story: Story) -> None:
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
