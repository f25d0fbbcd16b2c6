"""A price that fell and whose mails are due, for tests of what becomes of mails."""

from datetime import timedelta

from monitor.delivery.compose import write_emails
from monitor.models import Membership, User
from tests.story import Story

#: Alerts wait a little for company.
COMPANY = timedelta(minutes=5)


def fallen(recipients: int = 1) -> Story:
    """A price that fell, on a list of so many people; at the story's present their mails are written and due."""
    story = Story()
    for number in range(recipients - 1):
        user = User.objects.create_user(f"member{number}@example.com")
        Membership.objects.create(watchlist=story.watchlist, user=user)
    story.hears()
    falls(story, 6300)
    return story


def falls(story: Story, price: int) -> None:
    """The price moves, and the time until its mails are due passes."""
    story.hears(price=price)
    write_emails(story.now)
    story.now += COMPANY
