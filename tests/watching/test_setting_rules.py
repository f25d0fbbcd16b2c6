"""A product's own rules replace the list's rules while they are active."""

import pytest

from monitor.judging.rules.conditions import Condition
from monitor.judging.rules.kinds import Kind
from monitor.models import Alert, Rule, RuleMemory, Watch
from monitor.watching.rules import Terms, add_rule, delete_rules, pause_rule, put_back_rules
from tests.polling.story import Story

pytestmark = pytest.mark.django_db
DROP_10 = Condition(Kind.PRICE_DROPPED, 1000)


@pytest.fixture
def story() -> Story:
    """A product at ¥72.00 on a list with a rule for drops by 10 %."""
    story = Story()
    Rule.objects.all().delete()
    story.hears()
    add_rule(story.watchlist, Terms(DROP_10), story.now)
    return story


def own_rule(story: Story) -> Rule:
    return add_rule(
        story.watchlist, Terms(Condition(Kind.STATUS_CHANGED)), story.now, Watch.objects.get()
    )


def test_the_lists_rules_do_not_fire_while_an_own_rule_is_active(story: Story) -> None:
    own_rule(story)
    story.hears(price=5000)
    assert not Alert.objects.exists()


@pytest.mark.parametrize("ends", ["deleted", "paused"])
def test_when_the_last_own_rule_ends_the_lists_rules_count_from_then(
    story: Story, ends: str
) -> None:
    rule = own_rule(story)
    story.hears(price=5000)
    if ends == "deleted":
        delete_rules(Rule.objects.filter(pk=rule.pk), story.now)
    else:
        pause_rule(rule, story.now, paused=True)
    assert RuleMemory.objects.get(rule__watch=None).memory["references"] == {"price": 5000}
    story.hears(price=4900)
    assert not Alert.objects.exists()
    story.hears(price=4500)
    assert Alert.objects.get().reference == 5000


def test_undoing_a_deletion_of_a_rule_makes_no_second_alert(story: Story) -> None:
    rule = add_rule(story.watchlist, Terms(Condition(Kind.PRICE_BELOW, 8000)), story.now)
    assert Alert.objects.count() == 1
    receipts = delete_rules(Rule.objects.filter(pk=rule.pk), story.now)
    put_back_rules(story.user, receipts, story.now)
    story.hears(price=7100)
    assert Alert.objects.count() == 1
