"""An operator's changes of watchlists reach schedule and rules, as those on the merchants' pages
do."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.duration import duration_string

from monitor.judging.rules.kinds import Kind
from monitor.models import (
    Alert,
    ChannelChoice,
    Membership,
    Message,
    Product,
    Rule,
    User,
    Watchlist,
)
from monitor.people.channels import want
from monitor.telling.message import build
from monitor.watching.deletion import delete_for_now
from monitor.watching.services import add_products
from tests.models.factories import AlertFactory, UserFactory
from tests.polling.story import Story

pytestmark = pytest.mark.django_db

MEMBERS = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
RULES = {"rules-TOTAL_FORMS": "0", "rules-INITIAL_FORMS": "0"}


def form(watchlist: Watchlist, **changed: str) -> dict[str, Any]:
    """Return the form of a watchlist's page with its rules, as a browser sends it."""
    data = {
        "owner": str(watchlist.owner_id),
        "name": watchlist.name,
        "pace": watchlist.pace,
        "interval": "1:00:00",
        "soonest": "0:05:00",
        "priority": "2",
        **MEMBERS,
    }
    rules = list(watchlist.rules.filter(watch=None).order_by("pk")) if watchlist.pk else []
    data |= {"rules-TOTAL_FORMS": str(len(rules)), "rules-INITIAL_FORMS": str(len(rules))}
    for number, rule in enumerate(rules):
        data |= {
            f"rules-{number}-id": str(rule.pk),
            f"rules-{number}-watchlist": str(watchlist.pk),
            f"rules-{number}-kind": rule.kind,
            f"rules-{number}-threshold": ""
            if rule.threshold is None
            else f"{rule.threshold / 100:.2f}",
            f"rules-{number}-cooldown": duration_string(rule.cooldown),
            f"rules-{number}-is_active": "on",
        }
    return {**data, **changed}


def member_form(watchlist: Watchlist, member: User, role: str, **more: str) -> dict[str, Any]:
    """Return the list's form with one member: a new one, or an old one whose `id` is in `more`."""
    row = {"watchlist": str(watchlist.pk), "user": str(member.pk), "role": role, **more}
    counts = {
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "1" if "id" in more else "0",
    }
    return {
        **form(watchlist),
        **counts,
        **{f"memberships-0-{name}": value for name, value in row.items()},
    }


def save(admin: Client, address: str, data: dict[str, Any]) -> str:
    response = admin.post(address, {**data, "_save": "Save"}, follow=True)
    page = str(response.content.decode())
    assert response.redirect_chain, page[page.find("errornote") :][:2000]
    return page


def test_a_new_list_gets_the_default_rules_and_its_interval(
    admin: Client, url: Callable[..., str]
) -> None:
    owner = User.objects.create_user("merchant@example.com", "a-password")
    data = form(Watchlist(owner=owner, name="竞品"), interval="0:30:00")
    save(admin, url(Watchlist, "add"), data)
    watchlist = Watchlist.objects.get()
    kinds = [rule.kind for rule in watchlist.rules.order_by("pk")]
    assert kinds == ["price_dropped", "price_rose", "left_shelf", "shop_score_slipped"]
    add_products(watchlist, ["3514453298386183303"], timezone.now())
    assert {product.interval for product in Product.objects.due(timezone.now())} == {
        timedelta(minutes=30)
    }


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


def test_a_threshold_is_written_in_percent(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    story.rule(Kind.PRICE_DROPPED, 1250)
    page = admin.get(url(story.watchlist)).content.decode()
    assert 'value="12.50"' in page
    data = form(story.watchlist)
    data["rules-3-threshold"] = "20"
    save(admin, url(story.watchlist), data)
    assert Rule.objects.get(kind="price_dropped").threshold == 2000


def test_a_new_rule_fires_where_it_is_true_already(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    story.hears()
    data = form(story.watchlist)
    rule = {
        "kind": "price_below",
        "threshold": "80",
        "cooldown": "0",
        "is_active": "on",
    }
    data |= {"rules-TOTAL_FORMS": "4", **{f"rules-3-{name}": value for name, value in rule.items()}}
    save(admin, url(story.watchlist), data)
    assert Alert.objects.get().rule == Rule.objects.get(
        kind="price_below", threshold=8000, watch=None
    )


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


def test_earlier_alerts_are_read_for_a_new_member(admin: Client, url: Callable[..., str]) -> None:
    story, member = Story(), UserFactory.create()
    AlertFactory.create(watchlist=story.watchlist)
    save(admin, url(story.watchlist), member_form(story.watchlist, member, "viewer"))
    member.refresh_from_db()
    assert Alert.objects.for_user(member).exists()
    assert not Alert.objects.for_user(member).unread_by(member).exists()


def test_a_new_owner_is_no_longer_a_member(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    heir = UserFactory.create()
    membership = Membership.objects.create(watchlist=story.watchlist, user=heir)
    data = member_form(story.watchlist, heir, "editor", id=str(membership.pk))
    save(admin, url(story.watchlist), {**data, "owner": str(heir.pk)})
    assert Watchlist.objects.get().owner == heir
    assert not Membership.objects.exists()
    old, new = (
        build(Message.objects.get(kind="list_transferred", recipient=person)).body
        for person in (story.watchlist.owner, heir)
    )
    assert heir.get_short_name() in old
    assert heir.get_short_name() not in new


def test_removing_a_member_deletes_their_choice_of_mails(
    admin: Client, url: Callable[..., str]
) -> None:
    story, member = Story(), UserFactory.create()
    membership = Membership.objects.create(watchlist=story.watchlist, user=member)
    want(member.mailbox, {story.watchlist.pk: False}, story.now)
    want(story.user.mailbox, {story.watchlist.pk: False}, story.now)
    data = member_form(story.watchlist, member, "viewer", id=str(membership.pk), DELETE="on")
    save(admin, url(story.watchlist), data)
    assert ChannelChoice.objects.get().channel.owner == story.user


def test_a_list_that_contradicts_itself_is_refused(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    data = form(story.watchlist, pace="adaptive", soonest="1:01:00")
    page = admin.post(url(story.watchlist), {**data, "_save": "Save"}).content.decode()
    assert page.count("The longest interval is 1 h: choose 1 h or less here.") == 1
    assert Watchlist.objects.get().soonest == story.watchlist.soonest
