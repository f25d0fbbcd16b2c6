"""Alerts become mails: to whom, and how many."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.models import Alert, Channel, Membership, MessageAlert, User
from monitor.telling.compose import write_messages
from tests.models.statements import queries_of
from tests.polling.story import TELLS, Story
from tests.telling.stories import alerts_by_address

pytestmark = pytest.mark.django_db


def test_an_alert_is_mailed_once() -> None:
    story = Story()
    story.hears()
    story.hears(price=6300)
    write_messages(story.now)

    assert write_messages(story.now) == 0
    assert alerts_by_address() == {"merchant@example.com": 1}

    Alert.objects.update(is_delivered=False)
    assert write_messages(story.now) == 0
    assert alerts_by_address() == {"merchant@example.com": 1}
    assert not Alert.objects.filter(is_delivered=False).exists()


def test_members_who_want_mail_get_it() -> None:
    story = Story()
    for name in ("member", "quiet", "gone"):
        user = User.objects.create_user(f"{name}@example.com")
        Membership.objects.create(watchlist=story.watchlist, user=user)
    Channel.objects.mail().filter(owner__email="quiet@example.com").update(is_paused=True)
    User.objects.filter(email="gone@example.com").update(is_active=False)
    User.objects.create_user("stranger@example.com")
    story.hears()
    story.hears(price=6300)

    write_messages(story.now)

    assert alerts_by_address() == {"merchant@example.com": 1, "member@example.com": 1}


def test_more_alerts_and_users_take_no_more_statements() -> None:
    story = Story(products=8)
    members = [User.objects.create_user(f"member{number}@example.com") for number in range(3)]
    counts = []
    for price, products, people in (
        (7200, 8, 0),
        (6300, 1, 0),
        (6000, 8, 3),
        (5500, 1, 3),
        (5000, 8, 3),
    ):
        for user in members[:people]:
            Membership.objects.get_or_create(watchlist=story.watchlist, user=user)
        story.now += timedelta(hours=1)
        reply = replace(TELLS, data_time=story.now, price=price)
        story.records(replace(reply, num_iid=num_iid) for num_iid in story.num_iids[:products])
        counts.append(queries_of(lambda: write_messages(story.now)))

    assert MessageAlert.objects.count() == 1 + (8 + 1 + 8) * 4
    # The first passes create mails, the later ones add to them.
    assert counts[1] == counts[2] == counts[3] + 1 == counts[4] + 1
