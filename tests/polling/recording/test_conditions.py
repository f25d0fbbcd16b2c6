"""Recorded alerts of rules that look back or have a cool-down."""

from datetime import datetime, timedelta

import pytest

from monitor.judging.rules.conditions import Condition
from monitor.judging.rules.kinds import Kind
from monitor.models import Alert, AlertRead, Rule
from monitor.provider.errors import NotFound
from monitor.watching.rules import check_clauses
from monitor.watching.services import rule_changed
from tests.polling.story import Story

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def story_with(
    condition: Condition, *, products: int = 1, cooldown: timedelta = timedelta(0)
) -> Story:
    """Return a list with this rule only."""
    story = Story(products=products)
    Rule.objects.all().delete()
    add_rule(story, condition, cooldown=cooldown)
    return story


def add_rule(story: Story, condition: Condition, *, cooldown: timedelta = timedelta(0)) -> Rule:
    rule = Rule(watchlist=story.watchlist, cooldown=cooldown)
    rule.condition = condition
    check_clauses(condition)
    rule.save()
    rule_changed(rule, story.now)
    return rule


def fired() -> list[tuple[object, object, int | None]]:
    return list(Alert.objects.order_by("pk").values_list("before", "after", "reference"))


@pytest.mark.django_db
def test_the_lowest_price_counts_from_before_the_rule_was_made() -> None:
    story = Story()
    Rule.objects.all().delete()
    for price in (7000, 6500, 7200):
        story.hears(price=price, after=DAY)
    add_rule(story, Condition(Kind.PRICE_LOWEST, days=30))
    story.hears(price=6600)
    assert fired() == []
    story.hears(price=6400)
    assert fired() == [(6600, 6400, 6500)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "condition",
    [
        Condition(Kind.GONE, also=(Condition(Kind.PRICE_BELOW, 8000),)),
        Condition(Kind.PRICE_BELOW, 8000, also=(Condition(Kind.LEFT_SHELF),)),
    ],
)
def test_rules_evaluate_a_vanished_product_by_its_last_price(condition: Condition) -> None:
    story = story_with(condition)
    story.hears(price=7300)
    story.hears(NotFound("nothing found", code="2000"))
    assert len(fired()) == 1


@pytest.mark.django_db
def test_a_price_that_changes_during_the_cooldown_is_one_alert() -> None:
    story = story_with(Condition(Kind.PRICE_CHANGED), cooldown=6 * HOUR)
    story.hears()
    first = story.now + HOUR
    for price in (6300, 7200, 6300, 7200, 6900):
        story.hears(price=price)
    first_alert, gathered = Alert.objects.order_by("pk")
    assert (first_alert.before, first_alert.after, first_alert.count, first_alert.held_until) == (
        7200,
        6300,
        1,
        None,
    )
    assert (gathered.before, gathered.after, gathered.count) == (6300, 6900, 4)
    assert (gathered.began_at, gathered.data_time) == (first + HOUR, story.now)
    assert gathered.held_until == first + 6 * HOUR
    assert [value for _, value in gathered.moments] == [7200, 6300, 7200, 6900]
    assert datetime.fromisoformat(gathered.moments[-1][0]) == story.now
    assert list(Alert.objects.undelivered(story.now)) == [first_alert]
    assert list(Alert.objects.undelivered(first + 6 * HOUR)) == [first_alert, gathered]


@pytest.mark.django_db
def test_an_alert_that_collects_another_change_is_unread_again() -> None:
    story = story_with(Condition(Kind.PRICE_CHANGED), cooldown=6 * HOUR)
    for price in (7200, 6300, 7200):
        story.hears(price=price)
    gathered = Alert.objects.latest("pk")
    AlertRead.objects.create(alert=gathered, user=story.user, read_at=story.now)
    story.hears(price=6300)
    assert gathered in Alert.objects.unread_by(story.user)
