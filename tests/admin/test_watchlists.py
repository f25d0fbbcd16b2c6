"""An operator's changes of watchlists reach the schedule, as those on the merchants' pages do."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from monitor.models import (
    ChannelChoice,
    Membership,
    Message,
    Watchlist,
)
from monitor.people.channels import want
from monitor.telling.message import build
from monitor.watching.deletion import delete_for_now
from tests.factories import UserFactory
from tests.story import Story

pytestmark = pytest.mark.django_db


def form(watchlist: Watchlist, **changed: str) -> dict[str, Any]:
    """Return the form of a watchlist's page, as a browser sends it."""
    return {
        "owner": str(watchlist.owner_id),
        "name": watchlist.name,
        "pace": watchlist.pace,
        "interval": "1:00:00",
        "soonest": "0:05:00",
        "priority": "2",
        **changed,
    }


def save(admin: Client, address: str, data: dict[str, Any]) -> str:
    response = admin.post(address, {**data, "_save": "Save"}, follow=True)
    page = str(response.content.decode())
    assert response.redirect_chain, page[page.find("errornote") :][:2000]
    return page


@pytest.mark.parametrize(
    ("fields", "column", "value"),
    [
        ({"interval": "0:10:00"}, "interval", timedelta(minutes=10)),
        # At a fixed interval a longer shortest one means nothing.
        ({"pace": "fixed", "soonest": "1:01:00"}, "soonest", timedelta(hours=1)),
        ({"pace": "adaptive", "soonest": "0:07:00"}, "soonest", timedelta(minutes=7)),
        ({"priority": "3"}, "weight", 4.0),
    ],
)
def test_what_is_set_reaches_the_products(
    admin: Client, url: Callable[..., str], fields: dict[str, str], column: str, value: object
) -> None:
    story = Story()
    save(admin, url(story.watchlist), form(story.watchlist, **fields))
    assert getattr(story.product, column) == value


def test_a_deleted_list_is_found_by_its_filter_and_restored(
    admin: Client, act: Callable[..., str], url: Callable[..., str]
) -> None:
    story = Story()
    story.watchlist.name = "竞品清单"
    story.watchlist.save()
    delete_for_now(story.watchlist, timezone.now())
    for is_kept, is_shown in (("1", False), ("0", True)):
        page = admin.get(url(Watchlist), {"deleted_at__isempty": is_kept}).content.decode()
        assert ("竞品清单" in page) is is_shown
    chosen = {"CHANGE_FORM-action": "restore_lists", "_selected_action": str(story.watchlist.pk)}
    page = admin.post(url(story.watchlist), chosen, follow=True).content.decode()
    assert "1 watchlist was restored." in page
    assert Watchlist.objects.kept().get() == story.watchlist
    assert story.product.next_check_at is not None
    assert "0 watchlists were restored." in act("restore_lists", story.watchlist)


def test_a_list_that_contradicts_itself_is_refused(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    data = form(story.watchlist, pace="adaptive", soonest="1:01:00")
    page = admin.post(url(story.watchlist), {**data, "_save": "Save"}).content.decode()
    assert page.count("The longest interval is 1 h: choose 1 h or less here.") == 1
    assert Watchlist.objects.get().soonest == story.watchlist.soonest


def test_a_new_owner_is_no_longer_a_member(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    heir, old = UserFactory.create(), story.user
    Membership.objects.create(watchlist=story.watchlist, user=heir)
    want(old.mailbox, {story.watchlist.pk: False}, story.now)
    save(admin, url(story.watchlist), form(story.watchlist, owner=str(heir.pk)))
    assert Watchlist.objects.get().owner == heir
    assert not Membership.objects.exists()
    assert not ChannelChoice.objects.exists()
    told, new = (
        build(Message.objects.get(kind="list_transferred", recipient=person)).body
        for person in (old, heir)
    )
    assert heir.get_short_name() in told
    assert heir.get_short_name() not in new
