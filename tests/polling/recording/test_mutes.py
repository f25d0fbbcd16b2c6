"""Alerts of a muted product are recorded, and read for the user who muted it."""

from datetime import timedelta

import pytest

from monitor.models import Alert, Membership, User
from monitor.watching.inbox import mute
from tests.polling.story import Story

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def unread(user: User) -> int:
    return Alert.objects.for_user(user).unread_by(user).count()


def test_new_alerts_of_a_muted_product_are_read_from_the_start() -> None:
    story = Story()
    member = User.objects.create_user("member@example.com", "a-password")
    Membership.objects.create(watchlist=story.watchlist, user=member)
    story.hears()
    story.hears(price=6300)
    mute(story.user, story.product, story.now + DAY)
    story.hears(price=6000)
    assert Alert.objects.count() == 2
    assert (unread(story.user), unread(member)) == (1, 2)
