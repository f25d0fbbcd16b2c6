"""An operator adds, changes, pauses and removes single products on watchlists."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from monitor.models import Alert, Product, Rule, Watch
from monitor.rules.kinds import Kind
from monitor.watchlists.services import create_watchlist
from tests.admin.test_watchlists import RULES, save
from tests.factories import ProductFactory
from tests.story import Story

pytestmark = pytest.mark.django_db
TAGS = {"tags-TOTAL_FORMS": "0", "tags-INITIAL_FORMS": "0"}


def watches() -> list[Watch]:
    return list(Watch.objects.order_by("pk"))


def data(**changed: Any) -> dict[str, Any]:
    return {"note": "", "interval_0": "", "interval_1": "minutes", **RULES, **TAGS, **changed}


def test_a_new_watch_is_scheduled_and_its_rules_fire(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    story.hears()
    other = create_watchlist(story.user, "供应商")
    Rule.objects.create(watchlist=other, kind=Kind.PRICE_BELOW.value, threshold=8000)
    page = save(admin, url(Watch, "add"), data(watchlist=other.pk, product=story.product.pk, interval_0="5"))
    assert "was added successfully" in page
    assert story.product.interval == timedelta(minutes=5)
    assert Alert.objects.get().watchlist == other


def test_its_own_interval_and_pause_reach_the_product(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    [watch] = watches()
    save(admin, url(watch), data(interval_0="2"))
    assert story.product.interval == timedelta(minutes=2)
    save(admin, url(watch), data(interval_0="2", is_paused="on"))
    assert story.product.next_check_at is None


def test_a_tag_is_added(admin: Client, url: Callable[..., str]) -> None:
    Story()
    [watch] = watches()
    save(admin, url(watch), data(**{"tags-TOTAL_FORMS": "1", "tags-0-name": "爆款"}))
    assert [tag.name for tag in watch.tags.all()] == ["爆款"]


@pytest.mark.parametrize(
    ("number", "unit", "message"),
    [
        ("soon", "minutes", "Enter a number."),
        ("5", "", "Enter minutes, hours or days."),
        ("-1", "hours", "greater than or equal to 0"),
        ("31", "days", "The longest interval is 30 days."),
        ("NaN", "hours", "Enter a number."),
    ],
)
def test_an_invalid_interval_is_refused_with_a_reason(
    admin: Client, url: Callable[..., str], number: str, unit: str, message: str
) -> None:
    Story()
    [watch] = watches()
    page = admin.post(url(watch), data(interval_0=number, interval_1=unit, _save="Save")).content.decode()
    assert message in page


@pytest.mark.parametrize(
    ("minutes", "number", "unit"),
    [(45, "45", "minutes"), (90, "90", "minutes"), (120, "2", "hours"), (2880, "2", "days")],
)
def test_an_interval_is_shown_in_the_unit_that_suits_it(
    admin: Client, url: Callable[..., str], minutes: int, number: str, unit: str
) -> None:
    Story()
    [watch] = watches()
    watch.interval = timedelta(minutes=minutes)
    watch.save()
    page = admin.get(url(watch)).content.decode()
    assert re.search(rf'name="interval_0" value="{number}"', page)
    assert f'<option value="{unit}" selected>' in page


def test_an_interval_below_a_minute_is_refused(admin: Client, url: Callable[..., str]) -> None:
    Story()
    [watch] = watches()
    page = admin.post(url(watch), data(interval_0="0.5", _save="Save")).content.decode()
    assert "The shortest interval is one minute." in page


@pytest.mark.parametrize(
    ("fields", "column", "value"),
    [
        ({"pace": "adaptive"}, "soonest", timedelta(minutes=5)),
        ({"pace": "adaptive", "soonest_0": "7", "soonest_1": "minutes"}, "soonest", timedelta(minutes=7)),
        ({"priority": "1"}, "weight", 0.25),
        ({"hours_from": "9", "hours_until": "11"}, "hours", 0b11 << 9),
    ],
)
def test_pace_priority_and_hours_reach_the_product(
    admin: Client, url: Callable[..., str], fields: dict[str, str], column: str, value: object
) -> None:
    story = Story()
    save(admin, url(story.watchlist.watches.get()), data(**fields))
    assert getattr(story.product, column) == value


def test_the_pages_say_how_a_product_is_checked(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    assert "every 1 h" in admin.get(url(Watch)).content.decode()
    story.watchlist.watches.update(pace="adaptive", interval=timedelta(days=2))
    assert "smart, at least every 2 days" in admin.get(url(Watch)).content.decode()
    assert "as it changes" not in admin.get(url(Watch) + "?pace__exact=fixed").content.decode()
    product = admin.get(url(story.product)).content.decode()
    assert "every 1 h" in product
    story.watchlist.watches.update(pace="", interval=None)
    watch = admin.get(url(story.watchlist.watches.get())).content.decode()
    assert watch.count('<option value="" selected>as the list</option>') == 2


def test_a_watchs_product_and_list_cannot_be_changed(admin: Client, url: Callable[..., str]) -> None:
    story = Story(products=2)
    first, second = watches()
    other = create_watchlist(story.user, "供应商")
    save(admin, url(first), data(product=second.product_id, watchlist=other.pk, note="重要"))
    changed = Watch.objects.get(pk=first.pk)
    assert (changed.product_id, changed.watchlist, changed.note) == (first.product_id, story.watchlist, "重要")


def test_its_own_rules_belong_to_its_list_too(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    story.hears()
    [watch] = watches()
    rule = {
        "rules-TOTAL_FORMS": "1",
        "rules-0-kind": "price_below",
        "rules-0-threshold": "80",
        "rules-0-cooldown_0": "0",
        "rules-0-cooldown_1": "minutes",
        "rules-0-is_active": "on",
    }
    save(admin, url(watch), data(**rule))
    saved = Rule.objects.get(watch=watch)
    assert (saved.watchlist, saved.threshold) == (story.watchlist, 8000)
    assert Alert.objects.get().rule == saved


def test_a_rule_for_a_watch_of_another_list_is_refused(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    other = create_watchlist(story.user, "供应商")
    form = {"watchlist": other.pk, "watch": watches()[0].pk, "kind": "price_changed", "threshold": ""}
    assert "This product is on another watchlist." in admin.post(url(Rule, "add"), form).content.decode()


def test_watches_are_paused_and_resumed(act: Callable[..., str]) -> None:
    Story(products=3)
    first, second, _third = watches()
    assert "2 watched products were changed." in act("pause", first, second)
    assert Product.objects.watched().count() == 1
    assert "1 watched product was changed." in act("resume", first)
    assert Product.objects.watched().count() == 2


def test_a_resumed_watch_does_nothing_for_a_list_that_is_paused(act: Callable[..., str]) -> None:
    story = Story()
    act("pause_lists", story.watchlist)
    [watch] = watches()
    act("pause", watch)
    act("resume", watch)
    assert story.product.next_check_at is None


def test_watches_are_removed_after_a_confirmation(act: Callable[..., str]) -> None:
    story = Story(products=3)
    story.hears()
    first, second, _third = watches()
    assert "Are you sure" in act("delete_selected", first, second)
    assert Watch.objects.count() == 3
    act("delete_selected", first, second, post="yes")
    assert Watch.objects.count() == 1
    assert Product.objects.watched().count() == 1
    assert story.product.snapshots.count() == 1


def test_check_now_asks_first_and_makes_products_due_once(act: Callable[..., str]) -> None:
    Story(products=2)
    Product.objects.update(next_check_at=timezone.now() + timedelta(hours=1))
    first, second = watches()
    Watch.objects.filter(pk=second.pk).update(is_paused=True)
    question = act("check_now", first, second)
    assert "1 product will be checked: one paid call." in question
    assert "Calls left today: 11,000." in question
    assert Product.objects.due(timezone.now()).count() == 0
    confirmed = {"confirmed": "yes"}
    assert "1 product is queued: one paid call." in act("check_now", first, second, **confirmed)
    assert "0 products are queued" in act("check_now", first, second, **confirmed)


def test_a_product_is_checked_from_its_own_page(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    Product.objects.update(next_check_at=timezone.now() + timedelta(hours=1))
    product = story.product
    form = {"CHANGE_FORM-action": "check_now", "_selected_action": str(product.pk)}
    question = admin.post(url(product), form).content.decode()
    assert '<input type="hidden" name="CHANGE_FORM-action" value="check_now">' in question
    page = admin.post(url(product), {**form, "confirmed": "yes"}, follow=True).content.decode()
    assert "1 product is queued" in page
    assert Product.objects.due(timezone.now()).count() == 1


def test_a_product_that_nobody_watches_is_not_checked_and_the_page_says_why(act: Callable[..., str]) -> None:
    page = act("check_now", ProductFactory.create(next_check_at=None))
    assert "1 product is skipped: not watched" in page
    assert "paid call." not in page.partition("skipped")[2]
    assert 'value="Check now"' not in page


def test_all_of_a_long_list_can_be_chosen(admin: Client, url: Callable[..., str]) -> None:
    Story(products=130)
    chosen = {"action": "pause", "_selected_action": "1", "select_across": "1"}
    page = admin.post(url(Watch), chosen, follow=True).content.decode()
    assert "130 watched products were changed." in page
    assert not Product.objects.watched().exists()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        # The list's interval is one hour.
        (
            {"pace": "adaptive", "soonest_0": "2", "soonest_1": "hours"},
            "The longest interval is 1 h",
        ),
        (
            {"pace": "adaptive", "interval_0": "9", "soonest_0": "10"},
            "The longest interval is 9 min",
        ),
        ({"hours_from": "9", "hours_until": "9"}, "These are the same hour"),
    ],
)
def test_a_watch_that_contradicts_itself_or_its_list_is_refused(
    admin: Client, url: Callable[..., str], fields: dict[str, str], message: str
) -> None:
    Story()
    [watch] = watches()
    empty = {"soonest_0": "", "soonest_1": "minutes"}
    page = admin.post(url(watch), data(**{**empty, **fields}, _save="Save")).content.decode()
    assert page.count(message) == 1
    assert (watches()[0].soonest, watches()[0].hours_from) == (None, None)


def test_a_watchs_own_shortest_interval_is_saved(admin: Client, url: Callable[..., str]) -> None:
    Story()
    [watch] = watches()
    save(admin, url(watch), data(interval_0="20", soonest_0="20", soonest_1="minutes"))
    assert watches()[0].soonest == timedelta(minutes=20)
