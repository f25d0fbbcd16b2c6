"""Unsubscribing from mails: the headers for mail programs, byte for byte, and the links at the
foot."""

import re
from collections import Counter

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from monitor.models import User
from monitor.people.channels import want
from monitor.telling.compose import write_messages
from monitor.telling.leaving import address, leaving, token
from monitor.telling.outbox import send_due
from monitor.watching.deletion import delete_for_now
from monitor.watching.services import create_watchlist
from tests.polling.story import Story
from tests.telling.mailserver import MailServer, part
from tests.telling.mornings import another_list
from tests.telling.test_sending import header
from tests.telling.test_words import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Story:
    story = Story()
    User.objects.update(language="en")
    story.user.refresh_from_db()
    story.hears()
    return story


def send(server: MailServer, story: Story) -> bytes:
    assert send_due(story.now) == Counter(sent=1)
    return server.raw[-1]


def test_a_mail_of_one_list_unsubscribes_from_it_by_one_click(
    server: MailServer, story: Story
) -> None:
    story.hears(price=6300)
    raw = send(server, story)

    link = address(story.user, story.watchlist)
    assert link == f"https://watch.example.org/u/{token(story.user, story.watchlist)}/"
    assert header(raw, "List-Unsubscribe") == [f"<{link}>".encode()]
    assert header(raw, "List-Unsubscribe-Post") == [b"List-Unsubscribe=One-Click"]
    assert header(raw, "List-Id") == [f"<list-{story.watchlist.pk}.watch.example.org>".encode()]
    (line,) = re.findall(rb"(?im)^List-Unsubscribe:.*?(?=\r\n\S)", raw, re.DOTALL)
    assert len(line) < 78
    assert leaving(token(story.user, story.watchlist)) == (story.user, [story.watchlist])


def test_a_mail_of_two_lists_unsubscribes_from_both_and_no_other(
    client: Client, server: MailServer, story: Story, settings: Settings
) -> None:
    # The keys of two lists have room in a line, however many lists other tests have made.
    settings.SITE_URL = "https://w.example"
    other, third = another_list(story, "Shoes & socks"), create_watchlist(story.user, "Third")
    story.hears(price=6300)
    raw = send(server, story)

    [both] = header(raw, "List-Unsubscribe")
    assert header(raw, "List-Id") == [b"<alerts.w.example>"]
    path = both.decode().removeprefix("<https://w.example").removesuffix(">")
    left = client.post(path, {"List-Unsubscribe": "One-Click"}).content.decode()
    assert "Unsubscribed from “Shoes &amp; socks, 对手”" in left
    lists = (story.watchlist, other, third)
    assert [story.user.mailbox.leaves_out(watchlist.pk) for watchlist in lists] == [
        True,
        True,
        False,
    ]
    assert not story.user.mailbox.is_paused
    assert leaving(token(story.user)) == (story.user, [])
    (message,) = server.messages
    text, page = part(message, "plain"), Page(part(message, "html"))
    for link in (
        address(story.user, story.watchlist),
        address(story.user, other),
        address(story.user),
    ):
        assert link in text.split()
        assert link in page.links
    assert "Unsubscribe from “Shoes & socks”: https://" in text
    assert "Unsubscribe from “Shoes & socks”" in page.text
    assert f"https://w.example/channels/{story.user.mailbox.pk}/" in page.links


def test_a_mail_of_very_many_lists_has_ten_links(server: MailServer, story: Story) -> None:
    for number in range(20):
        another_list(story, f"List {number}")
    story.hears(price=6300)
    raw = send(server, story)
    assert part(server.messages[0], "plain").count("/u/") == 10 + 1
    # So many do not fit into the line of the header.
    assert header(raw, "List-Unsubscribe") == [f"<{address(story.user)}>".encode()]


@pytest.mark.parametrize(
    "site",
    ["https://a-rather-long-name.department-of-watching.example.org", "https://看摊.example.org"],
)
def test_a_header_too_long_or_not_ascii_is_left_out(
    server: MailServer, settings: Settings, story: Story, site: str
) -> None:
    settings.SITE_URL = site
    story.hears(price=6300)
    raw = send(server, story)

    assert b"List-Unsubscribe" not in raw
    assert len(re.findall(rb"(?im)^List-Id:\s*<[0-9a-z.-]+>\r\n", raw)) == 1
    assert address(story.user, story.watchlist) in part(server.messages[0], "plain")


def test_one_click_takes_https(server: MailServer, settings: Settings, story: Story) -> None:
    settings.SITE_URL = "http://watch.example.org"
    story.hears(price=6300)
    raw = send(server, story)
    assert header(raw, "List-Unsubscribe") == [f"<{address(story.user, story.watchlist)}>".encode()]
    assert header(raw, "List-Unsubscribe-Post") == []


def test_a_list_switched_off_while_its_mail_waits_is_left_out(
    server: MailServer, story: Story
) -> None:
    another_list(story, "Shoes")
    story.hears(price=6300)
    write_messages(story.now)
    want(story.user.mailbox, {story.watchlist.pk: False}, story.now)
    send(server, story)
    text = part(server.messages[0], "plain")
    assert " · Shoes\n" in text
    assert "对手" not in text


def test_a_token_is_for_its_user_and_list_only(story: Story) -> None:
    stranger = User.objects.create_user("stranger@example.com")
    ours, foreign = token(story.user, story.watchlist), token(stranger, story.watchlist)
    assert leaving(foreign) is None
    for bad in (
        "",
        ".",
        ours[:-1],
        ours[1:],
        ours.upper(),
        ours[:14],
        ours[:14] + token(stranger)[14:],
        ours + "0",
    ):
        assert leaving(bad) is None, bad
    delete_for_now(story.watchlist, story.now)
    assert leaving(ours) is None
    User.objects.filter(pk=story.user.pk).update(is_active=False)
    assert leaving(token(story.user)) is None
