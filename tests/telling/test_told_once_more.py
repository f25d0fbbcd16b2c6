"""Firings that an alert collects after it was mailed, from late replies, are mailed too, once
each."""

import re
from collections import Counter
from datetime import timedelta

import pytest

from monitor.models import Alert, Message, Rule, User
from monitor.telling.channels.mail import MailConnection
from monitor.telling.channels.parts import SendVerdict
from monitor.telling.message import Mail
from monitor.telling.outbox import send_due
from tests.polling.story import START, Story
from tests.telling.mailserver import MailServer, part

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def story() -> Story:
    """A rule with a cool-down of six hours has fired twice; the mail of the second alert is due."""
    story = Story()
    Rule.objects.exclude(kind="price_changed").delete()
    Rule.objects.update(cooldown=6 * HOUR)
    User.objects.update(language="en")
    for price in (7200, 6300, 7200, 6300):
        story.hears(price=price)
    story.now = START + 10 * HOUR
    return story


def hears_late(story: Story, price: int, hours: int) -> None:
    """Record a late reply, with data from within the cool-down."""
    story.hears(price=price, after=timedelta(minutes=10), data_time=START + hours * HOUR)


def repeated(server: MailServer) -> list[str]:
    """Return the values and the number of firings in each mail about repeated firings."""
    pattern = re.compile(r"^(¥.*?)(?:  .*)?\n(\d+ times) · ", re.MULTILINE)
    texts = [part(message, "plain") for message in server.messages]
    return [f"{match[2]}: {match[1]}" for match in map(pattern.search, texts) if match]


def test_a_late_reply_after_the_mail_is_mailed_once(server: MailServer, story: Story) -> None:
    send_due(story.now)
    assert repeated(server) == ["2 times: ¥72.00 → ¥63.00 → ¥72.00 → ¥63.00"]

    hears_late(story, 6000, 6)
    assert send_due(story.now) == Counter(sent=1)
    assert send_due(story.now + HOUR) == Counter()

    assert repeated(server)[1:] == ["3 times: ¥63.00 → ¥72.00 → ¥63.00 → ¥60.00"]
    alert = Alert.objects.get(count=3)
    assert alert.messages.get() == Message.objects.latest("pk")


def test_a_late_reply_while_the_mail_is_sent_is_mailed_afterwards(
    server: MailServer, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, prices = MailConnection.send, [6000]

    def slowly(connection: MailConnection, message: Mail) -> SendVerdict:
        if prices:
            hears_late(story, prices.pop(), 6)
        return send(connection, message)

    monkeypatch.setattr(MailConnection, "send", slowly)
    send_due(story.now)
    assert send_due(story.now) == Counter(sent=1)
    assert [words.partition(" times")[0] for words in repeated(server)] == ["2", "3"]
