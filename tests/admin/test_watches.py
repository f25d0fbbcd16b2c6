"""An operator adds, changes and removes single products on watchlists."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from monitor.admin.intervals import IntervalWidget
from monitor.judging.rules.kinds import Kind
from monitor.models import Alert, Product, Rule, Watch
from monitor.watching.services import create_watchlist
from tests.admin.test_watchlists import RULES, save
from tests.factories import ProductFactory
from tests.story import Story

pytestmark = pytest.mark.django_db


@pytest.fixture
def story(db: None) -> Story:
    return Story()


def watches() -> list[Watch]:
    return list(Watch.objects.order_by("pk"))


def data(**changed: Any) -> dict[str, Any]:
    return {
        "interval_0": "",
        "interval_1": "minutes",
        "soonest_1": "minutes",
        **RULES,
        **changed,
    }


def test_a_new_watch_is_scheduled_and_its_rules_fire(
    admin: Client, url: Callable[..., str], story: Story
) -> None:
    story.hears()
    other = create_watchlist(story.user, "供应商")
    Rule.objects.create(watchlist=other, kind=Kind.PRICE_BELOW.value, threshold=8000)
    page = save(
        admin, url(Watch, "add"), data(watchlist=other.pk, product=story.product.pk, interval_0="5")
    )
    assert "was added successfully" in page
    assert story.product.interval == timedelta(minutes=5)
    assert Alert.objects.get().watchlist == other


@pytest.mark.parametrize(
    ("fields", "column", "value"),
    [
        ({"interval_0": "2"}, "interval", timedelta(minutes=2)),
        ({"interval_0": "2", "is_paused": "on"}, "next_check_at", None),
        ({"pace": "adaptive"}, "soonest", timedelta(minutes=5)),
    ],
)
def test_what_is_set_reaches_the_product(
    admin: Client,
    url: Callable[..., str],
    story: Story,
    fields: dict[str, str],
    column: str,
    value: object,
) -> None:
    save(admin, url(watches()[0]), data(**fields))
    assert getattr(story.product, column) == value


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"interval_0": "soon"}, "Enter a number."),
        ({"interval_0": "5", "interval_1": ""}, "Enter minutes, hours or days."),
        ({"interval_0": "0.5"}, "The shortest interval is one minute."),
        # The list's interval is one hour.
        (
            {"pace": "adaptive", "soonest_0": "2", "soonest_1": "hours"},
            "The longest interval is 1 h",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(
    admin: Client, url: Callable[..., str], story: Story, fields: dict[str, str], message: str
) -> None:
    [watch] = watches()
    page = admin.post(url(watch), data(**fields, _save="Save")).content.decode()
    assert page.count(message) == 1
    watch.refresh_from_db()
    assert (watch.interval, watch.soonest) == (None, None)


@pytest.mark.parametrize(
    ("minutes", "shown"),
    [
        (45, ["45", "minutes"]),
        (90, ["90", "minutes"]),
        (120, ["2", "hours"]),
        (2880, ["2", "days"]),
    ],
)
def test_an_interval_is_shown_in_the_unit_that_suits_it(minutes: int, shown: list[str]) -> None:
    assert IntervalWidget().decompress(timedelta(minutes=minutes)) == shown


def test_it_gets_a_rule_but_no_other_product_or_list(
    admin: Client, url: Callable[..., str]
) -> None:
    story = Story(products=2)
    story.hears()
    first, second = watches()
    other = create_watchlist(story.user, "供应商")
    rule_form = {
        "rules-TOTAL_FORMS": "1",
        "rules-0-kind": "price_below",
        "rules-0-threshold": "80",
        "rules-0-cooldown_0": "0",
        "rules-0-cooldown_1": "minutes",
        "rules-0-is_active": "on",
    }
    save(admin, url(first), data(product=second.product_id, watchlist=other.pk, **rule_form))
    saved = Watch.objects.get(pk=first.pk)
    assert (saved.product_id, saved.watchlist) == (first.product_id, story.watchlist)
    rule = Rule.objects.get(watch=first)
    assert (rule.watchlist, rule.threshold) == (story.watchlist, 8000)
    assert Alert.objects.get().rule == rule


def test_watches_are_removed_after_a_confirmation(act: Callable[..., str]) -> None:
    story = Story(products=3)
    story.hears()
    first, second, _third = watches()
    assert "Are you sure" in act("delete_selected", first, second)
    assert Watch.objects.count() == 3
    act("delete_selected", first, second, post="yes")
    assert (
        Watch.objects.count()
        == Product.objects.watched().count()
        == story.product.snapshots.count()
        == 1
    )


def test_check_now_asks_first_and_makes_products_due_once(
    admin: Client, act: Callable[..., str], url: Callable[..., str]
) -> None:
    Story(products=2)
    first, second = Product.objects.order_by("pk")
    ProductFactory.create(next_check_at=None)
    Product.objects.filter(pk=first.pk).update(next_check_at=timezone.now() + timedelta(hours=1))
    Product.objects.filter(pk=second.pk).update(next_check_at=None)
    question = act("check_now", first, second)
    assert "1 product will be checked: one paid call." in question
    assert "Calls left today: 11,000." in question
    assert Product.objects.due(timezone.now()).count() == 0
    confirmed = {"confirmed": "yes"}
    assert "1 product is queued: one paid call." in act("check_now", first, second, **confirmed)
    assert "0 products are queued" in act("check_now", first, second, **confirmed)
    # From a product's own page, where nothing is left to check.
    chosen = {"CHANGE_FORM-action": "check_now", "_selected_action": str(second.pk)}
    question = admin.post(url(second), chosen).content.decode()
    assert '<input type="hidden" name="CHANGE_FORM-action" value="check_now">' in question
    assert 'value="Check now"' not in question
    assert Product.objects.due(timezone.now()).get() == first
