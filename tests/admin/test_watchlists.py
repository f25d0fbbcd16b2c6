"""An operator's changes of watchlists reach schedule and rules, as those on the merchants' pages do."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from monitor.models import Alert, MailChoice, Membership, Product, Rule, RuleMemory, User, Watch, Watchlist
from monitor.rules.kinds import Kind
from monitor.watchlists.deletion import delete_for_now
from monitor.watchlists.mails import want_mails
from monitor.watchlists.services import add_products, create_watchlist
from tests.factories import AlertFactory, UserFactory
from tests.story import Story

pytestmark = pytest.mark.django_db

MEMBERS = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
RULES = {"rules-TOTAL_FORMS": "0", "rules-INITIAL_FORMS": "0"}


def form(watchlist: Watchlist, **changed: str) -> dict[str, Any]:
    """The form of a watchlist's page with its rules, as a browser sends it."""
    data = {
        "owner": str(watchlist.owner_id),
        "name": watchlist.name,
        "pace": watchlist.pace,
        "interval_0": "1",
        "interval_1": "hours",
        "soonest_0": "5",
        "soonest_1": "minutes",
        "priority": "2",
        "lines": "",
        **MEMBERS,
    }
    rules = list(watchlist.rules.filter(watch=None).order_by("pk"))
    data |= {"rules-TOTAL_FORMS": str(len(rules)), "rules-INITIAL_FORMS": str(len(rules))}
    for number, rule in enumerate(rules):
        data |= {
            f"rules-{number}-id": str(rule.pk),
            f"rules-{number}-watchlist": str(watchlist.pk),
            f"rules-{number}-kind": rule.kind,
            f"rules-{number}-threshold": "" if rule.threshold is None else f"{rule.threshold / 100:.2f}",
            f"rules-{number}-own": "" if rule.own_id is None else str(rule.own_id),
            f"rules-{number}-cooldown_0": f"{rule.cooldown.total_seconds() / 60:g}",
            f"rules-{number}-cooldown_1": "minutes",
            f"rules-{number}-is_active": "on",
        }
    return {**data, **changed}


def save(admin: Client, address: str, data: dict[str, Any]) -> str:
    response = admin.post(address, {**data, "_save": "Save"}, follow=True)
    page = str(response.content.decode())
    assert response.redirect_chain, page[page.find("errornote") :][:2000]
    return page


def test_a_new_list_gets_the_default_rules_and_its_products(admin: Client, url: Callable[..., str]) -> None:
    owner = User.objects.create_user("merchant@example.com", "a-password")
    data = {
        "owner": str(owner.pk),
        "name": "竞品",
        "pace": "adaptive",
        "interval_0": "30",
        "interval_1": "minutes",
        "soonest_0": "5",
        "soonest_1": "minutes",
        "priority": "2",
        **MEMBERS,
    }
    data["lines"] = (
        "https://haohuo.jinritemai.com/views/product/item2?id=3514453298386183303\nnonsense\n3514453298386183304"
    )
    page = save(admin, url(Watchlist, "add"), data)
    watchlist = Watchlist.objects.get()
    assert [rule.kind for rule in watchlist.rules.order_by("pk")] == [
        "price_changed",
        "status_changed",
        "shop_score_fell",
    ]
    assert "The watchlist was saved." in page
    assert "no product link or ID found" in page
    assert {product.interval for product in Product.objects.due(timezone.now())} == {timedelta(minutes=30)}


def test_a_new_interval_reaches_the_products(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    save(admin, url(story.watchlist), form(story.watchlist, interval_0="10", interval_1="minutes"))
    assert story.product.interval == timedelta(minutes=10)


@pytest.mark.parametrize(
    ("fields", "column", "value"),
    [
        ({"pace": "adaptive"}, "soonest", timedelta(minutes=5)),
        ({"pace": "adaptive", "soonest_0": "7"}, "soonest", timedelta(minutes=7)),
        ({"priority": "3"}, "weight", 4.0),
        ({"hours_from": "9", "hours_until": "11"}, "hours", 0b11 << 9),
    ],
)
def test_pace_priority_and_hours_reach_the_products(
    admin: Client, url: Callable[..., str], fields: dict[str, str], column: str, value: object
) -> None:
    story = Story()
    save(admin, url(story.watchlist), form(story.watchlist, **fields))
    assert getattr(story.product, column) == value


def test_lists_show_how_they_are_checked_and_are_filtered_by_it(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    other = create_watchlist(story.user, "常变")
    page = admin.get(url(Watchlist)).content.decode()
    assert "every 1 h" in page
    assert "smart, at least every 1 day" in page
    only = admin.get(url(Watchlist) + "?pace__exact=adaptive").content.decode()
    assert (other.name in only, f">{story.watchlist.name}<" in only) == (True, False)


def test_a_paused_list_stops_its_checks_and_a_resumed_one_starts_them(
    admin: Client, url: Callable[..., str], act: Callable[..., str]
) -> None:
    story = Story()
    save(admin, url(story.watchlist), form(story.watchlist, is_paused="on"))
    assert story.product.next_check_at is None
    assert "1 watchlist was changed." in act("resume_lists", story.watchlist)
    assert story.product.next_check_at is not None
    assert "1 watchlist was changed." in act("pause_lists", story.watchlist)
    assert story.product.next_check_at is None
    assert "0 watchlists were changed." in act("pause_lists", story.watchlist)
    assert LogEntry.objects.filter(change_message="Paused.").count() == 1


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
    data |= {
        "rules-TOTAL_FORMS": "4",
        "rules-3-kind": "price_below",
        "rules-3-threshold": "80",
        "rules-3-cooldown_0": "0",
        "rules-3-cooldown_1": "minutes",
        "rules-3-is_active": "on",
    }
    save(admin, url(story.watchlist), data)
    assert Alert.objects.get().rule == Rule.objects.get(kind="price_below", threshold=8000, watch=None)


def test_an_untouched_rule_keeps_its_memory(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    story.rule(Kind.PRICE_DROPPED, 1000)
    story.hears()
    assert RuleMemory.objects.exists()
    before = list(RuleMemory.objects.values())
    save(admin, url(story.watchlist), form(story.watchlist, name="新名"))
    assert list(RuleMemory.objects.values()) == before


def test_a_threshold_that_makes_no_sense_is_refused(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    for kind, threshold, message in (
        ("price_below", "", "needs a threshold above zero"),
        ("price_changed", "5", "has no threshold"),
        ("price_dropped", "100", "never drops by 100%"),
        ("price_below", "0.001", "At most two digits after the point"),
        ("price_below", "-1", "needs a threshold above zero|greater than or equal"),
        ("price_below", "NaN", "Enter a number"),
    ):
        data = {"watchlist": story.watchlist.pk, "kind": kind, "threshold": threshold, "is_active": "on"}
        page = admin.post(url(Rule, "add"), data).content.decode()
        assert any(part in page for part in message.split("|")), (kind, threshold)
    assert Rule.objects.count() == 3


def test_checking_all_of_a_list_makes_its_products_due(act: Callable[..., str]) -> None:
    story = Story(products=3)
    later = timezone.now() + timedelta(hours=1)
    Product.objects.update(next_check_at=later)
    watch = story.watchlist.watches.all()[0]
    Watch.objects.filter(pk=watch.pk).update(is_paused=True)
    assert "2 products are queued: one paid call each." in act("check_now", story.watchlist, confirmed="yes")
    assert Product.objects.due(timezone.now()).count() == 2


def test_deleting_a_list_says_what_is_deleted_and_ends_the_checks(admin: Client, url: Callable[..., str]) -> None:
    story = Story(products=2)
    story.hears()
    story.hears(price=6300)
    page = admin.get(url(story.watchlist, "delete")).content.decode()
    for line in ("Watchlists: 1", "Watched products: 2", "Rules: 3", "Alerts: 1"):
        assert line in page
    admin.post(url(story.watchlist, "delete"), {"post": "yes"})
    assert not Watchlist.objects.exists()
    assert not Product.objects.watched().exists()
    assert story.product.snapshots.count() == 2


def test_deleting_several_lists_at_once_ends_their_checks(act: Callable[..., str]) -> None:
    first, second = Story(), Story(products=3, email="other@example.com")
    assert "Are you sure" in act("delete_selected", first.watchlist, second.watchlist)
    act("delete_selected", first.watchlist, second.watchlist, post="yes")
    assert not Watchlist.objects.exists()
    assert not Product.objects.watched().exists()


def test_a_deleted_list_is_found_by_its_filter_and_restored(
    admin: Client, act: Callable[..., str], url: Callable[..., str]
) -> None:
    story = Story()
    story.watchlist.name = "竞品清单"
    story.watchlist.save()
    delete_for_now(story.watchlist, timezone.now())
    assert "竞品清单" not in admin.get(url(Watchlist)).content.decode()
    assert "竞品清单" in admin.get(url(Watchlist), {"deleted": "yes"}).content.decode()
    chosen = {"CHANGE_FORM-action": "restore_lists", "_selected_action": str(story.watchlist.pk)}
    page = admin.post(url(story.watchlist), chosen, follow=True).content.decode()
    assert "1 watchlist was restored." in page
    assert Watchlist.objects.kept().get() == story.watchlist
    assert story.product.next_check_at is not None
    assert "0 watchlists were restored." in act("restore_lists", story.watchlist)


def test_earlier_alerts_are_read_for_a_new_member(admin: Client, url: Callable[..., str]) -> None:
    story, member = Story(), UserFactory.create()
    AlertFactory.create(watchlist=story.watchlist)
    members = {
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "0",
        "memberships-0-watchlist": str(story.watchlist.pk),
        "memberships-0-user": str(member.pk),
        "memberships-0-role": "viewer",
    }
    save(admin, url(story.watchlist), {**form(story.watchlist), **members})
    member.refresh_from_db()
    assert Alert.objects.for_user(member).exists()
    assert not Alert.objects.for_user(member).unread_by(member).exists()


def test_a_new_owner_is_no_longer_a_member(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    heir = UserFactory.create()
    membership = Membership.objects.create(watchlist=story.watchlist, user=heir)
    members = {
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "1",
        "memberships-0-id": str(membership.pk),
        "memberships-0-watchlist": str(story.watchlist.pk),
        "memberships-0-user": str(heir.pk),
        "memberships-0-role": "editor",
    }
    save(admin, url(story.watchlist), {**form(story.watchlist, owner=str(heir.pk)), **members})
    assert Watchlist.objects.get().owner == heir
    assert not Membership.objects.exists()


def test_removing_a_member_deletes_their_choice_of_mails(admin: Client, url: Callable[..., str]) -> None:
    story, member = Story(), UserFactory.create()
    membership = Membership.objects.create(watchlist=story.watchlist, user=member)
    want_mails(member, {story.watchlist.pk: False}, story.now)
    want_mails(story.user, {story.watchlist.pk: False}, story.now)
    members = {
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "1",
        "memberships-0-id": str(membership.pk),
        "memberships-0-watchlist": str(story.watchlist.pk),
        "memberships-0-user": str(member.pk),
        "memberships-0-role": "viewer",
        "memberships-0-DELETE": "on",
    }
    save(admin, url(story.watchlist), {**form(story.watchlist), **members})
    assert MailChoice.objects.get().user == story.user


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"pace": "adaptive", "soonest_0": "61"},
            "The longest interval is 1 h: choose 1 h or less here.",
        ),
        ({"hours_from": "9"}, "Enter both hours, or neither."),
        ({"hours_from": "9", "hours_until": "9"}, "These are the same hour: leave both empty for the whole day."),
    ],
)
def test_a_list_that_contradicts_itself_is_refused(
    admin: Client, url: Callable[..., str], fields: dict[str, str], message: str
) -> None:
    story = Story()
    page = admin.post(url(story.watchlist), {**form(story.watchlist, **fields), "_save": "Save"}).content.decode()
    assert page.count(message) == 1
    assert Watchlist.objects.get().soonest == story.watchlist.soonest


def test_at_a_fixed_interval_a_longer_shortest_interval_is_not_refused(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    save(admin, url(story.watchlist), form(story.watchlist, pace="fixed", soonest_0="61"))
    assert story.product.soonest == timedelta(hours=1)


def test_lists_tell_what_they_take_a_day(admin: Client) -> None:
    rivals = create_watchlist(UserFactory.create(), "Rivals", timedelta(hours=6), pace="fixed")
    paused = create_watchlist(rivals.owner, "Paused", timedelta(hours=6))
    for watchlist in (rivals, paused):
        add_products(watchlist, ["3514453298386183303", "3514453298386183304"], timezone.now())
    Watch.objects.filter(watchlist=rivals, product__num_iid__endswith="4").update(interval=timedelta(hours=1))
    Watchlist.objects.filter(pk=paused.pk).update(is_paused=True)
    page = admin.get("/admin/monitor/watchlist/").content.decode()
    assert re.findall(r'class="field-name"><a [^>]*>(\w+)<.*?class="field-calls">([^<]*)<', page) == [
        ("Paused", "—"),
        ("Rivals", "28"),
    ]
