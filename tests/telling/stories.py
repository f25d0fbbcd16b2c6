"""Stories whose mails are due, and the states of mails."""

from datetime import timedelta

from monitor.models import Membership, Message, User
from monitor.telling.compose import write_messages
from tests.polling.story import Story

#: Longer than alerts wait for others before they are mailed.
GATHERED = timedelta(minutes=5)


class KilledError(BaseException):
    """Simulates a killed process: the code under test does not catch it."""


def drop(recipients: int = 1, changes: int = 1) -> Story:
    """Let a price fall `changes` times, on a list with `recipients` users. No mail is written
    yet."""
    story = Story()
    for number in range(recipients - 1):
        user = User.objects.create_user(f"member{number}@example.com")
        Membership.objects.create(watchlist=story.watchlist, user=user)
    story.hears()
    for step in range(changes):
        story.hears(price=6300 - step)
    return story


def fallen(recipients: int = 1) -> Story:
    """Do as `drop`, and write the mails, which are due."""
    story = drop(recipients)
    write_and_wait(story)
    return story


def falls(story: Story, price: int) -> None:
    """Change the price, and write its mails, which are due."""
    story.hears(price=price)
    write_and_wait(story)


def write_and_wait(story: Story) -> None:
    write_messages(story.now)
    story.now += GATHERED


def states() -> list[tuple[str, int]]:
    """Return the status and attempts of all mails, oldest first."""
    return list(Message.objects.order_by("pk").values_list("status", "attempts"))


def alerts_by_address() -> dict[str, int]:
    """Return the number of alerts in the mail to each address, which must be one mail."""
    emails = list(Message.objects.all())
    assert len({email.address for email in emails}) == len(emails)
    return {email.address: email.alerts.count() for email in emails}
