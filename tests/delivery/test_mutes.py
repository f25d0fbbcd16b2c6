"""No mail about a product that its recipient has muted, as long as he has."""

from datetime import timedelta

import pytest

from monitor.delivery.compose import write_emails
from monitor.models import Alert, Email, Membership, User
from monitor.watchlists.inbox import mute, unmute
from tests.story import Story

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def told() -> dict[str, int]:
    return {email.address: email.alerts.count() for email in Email.objects.all()}


def test_a_muted_product_makes_no_mail_and_the_others_do() -> None:
    story = Story(products=2)
    story.hears()
    mute(story.user, story.product, story.now + DAY)
    story.hears(price=6300)
    assert write_emails(story.now) == 0
    assert not Alert.objects.filter(is_delivered=False).exists()


def test_only_who_muted_it_is_spared() -> None:
    story = Story()
    member = User.objects.create_user("member@example.com", "a-password")
    Membership.objects.create(watchlist=story.watchlist, user=member)
    story.hears()
    mute(story.user, story.product, story.now + DAY)
    story.hears(price=6300)
    write_emails(story.now)
    assert told() == {"member@example.com": 1}


def test_mail_goes_on_when_the_mute_is_over_or_taken_back() -> None:
    story = Story()
    story.hears()
    mute(story.user, story.product, story.now + timedelta(minutes=90))
    story.hears(price=6300)
    story.hears(price=6000)
    write_emails(story.now)
    assert told() == {"merchant@example.com": 2}

    mute(story.user, story.product, story.now + DAY)
    unmute(story.user, story.product)
    story.hears(price=5500)
    write_emails(story.now)
    assert told() == {"merchant@example.com": 3}
