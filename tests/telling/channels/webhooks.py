"""What a story sends to a merchant's webhook."""

from collections import Counter

from monitor.models import Channel, User
from monitor.people import channels
from monitor.telling import outbox
from monitor.telling.carriers import Posts
from monitor.telling.compose import write_messages
from tests.polling.story import Story
from tests.telling.channels.hooks import Hook
from tests.telling.stories import GATHERED


def add(story: Story, address: Hook, name: str = "ERP", owner: User | None = None) -> Channel:
    """Give the merchant, or another user, a webhook at this address."""
    target = {"url": address.url, "secret": ""}
    return channels.add(owner or story.user, "webhook", name, target, "…hook", story.now)


def send(story: Story) -> Counter[str]:
    return outbox.send_due(story.now, Posts)


def falls(story: Story, price: int) -> None:
    """Change the price, and write its messages, which are due."""
    story.hears(price=price)
    write_messages(story.now)
    story.now += GATHERED
