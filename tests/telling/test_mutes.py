"""No mail about a product while its recipient has muted it."""

from datetime import timedelta

import pytest

from monitor.telling.compose import write_messages
from monitor.watching.inbox import mute, unmute
from tests.polling.story import Story
from tests.telling.stories import alerts_by_address

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_mail_resumes_when_the_mute_ends() -> None:
    story = Story()
    story.hears()
    mute(story.user, story.product, story.now + timedelta(minutes=90))
    story.hears(price=6300)
    story.hears(price=6000)
    write_messages(story.now)
    assert alerts_by_address() == {"merchant@example.com": 2}

    mute(story.user, story.product, story.now + DAY)
    unmute(story.user, story.product)
    story.hears(price=5500)
    write_messages(story.now)
    assert alerts_by_address() == {"merchant@example.com": 3}
