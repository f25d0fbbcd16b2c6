"""Requests that come twice at the same time, as from a double click, write once."""

import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from pytest_django.fixtures import Settings

from monitor.judging.rules.conditions import Condition
from monitor.judging.rules.kinds import Kind
from monitor.models import Rule, User, Watch, Watchlist
from monitor.watching.removal import put_back, remove_for_now
from monitor.watching.rules import RuleError, Terms, add_rule, delete_rules, put_back_rules
from monitor.watching.services import create_watchlist
from monitor.watching.targets import set_targets, targets_of
from tests.polling.story import Story
from tests.polling.threads import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
REQUESTS = 4


def all_at_once(act: Callable[[], object]) -> None:
    ready = threading.Barrier(REQUESTS)

    def request() -> None:
        connection.ensure_connection()
        ready.wait()
        act()

    at_once(*[request] * REQUESTS)


@pytest.fixture
def story() -> Story:
    story = Story()
    story.hears()
    return story


def rules_of(watch: Watch | None) -> list[str]:
    return sorted(Rule.objects.filter(watch=watch).values_list("kind", flat=True))


def test_a_target_price_is_set_once(story: Story) -> None:
    watch = Watch.objects.get()
    all_at_once(lambda: set_targets({watch.pk: 5000}, story.now))
    assert targets_of([watch.pk]) == {watch.pk: 5000}
    assert rules_of(watch) == ["price_below"]


def test_of_lists_whose_names_look_alike_one_is_made(story: Story) -> None:
    names = iter(["Suppliers", "SUPPLIERS", " suppliers", "Sup\u200bpliers"])

    def make() -> None:
        with suppress(ValidationError):
            create_watchlist(story.user, next(names), by=story.user)

    all_at_once(make)
    assert Watchlist.objects.count() == 2


@pytest.mark.parametrize("on_watch", [True, False])
def test_requests_at_the_last_rule_add_one(
    story: Story, settings: Settings, on_watch: bool
) -> None:
    create_watchlist(User.objects.create_user("other@example.com", "a-password"), "Of another user")
    watch = Watch.objects.get() if on_watch else None
    rules = story.watchlist.rules.filter(watch=watch)
    settings.PERSON_RULES = most = rules.count() + 1
    thresholds = iter([5000, 5100, 5200, 5300])

    def add() -> None:
        with suppress(RuleError):
            add_rule(
                story.watchlist,
                Terms(Condition(Kind.PRICE_BELOW, next(thresholds))),
                story.now,
                watch,
            )

    all_at_once(add)
    assert rules.count() == most


def test_deleted_rules_are_put_back_once(story: Story) -> None:
    of_list = rules_of(None)
    receipts = delete_rules(Rule.objects.all(), story.now)
    all_at_once(lambda: put_back_rules(story.user, receipts, story.now))
    assert rules_of(None) == of_list


def test_a_removed_product_is_put_back_once(story: Story) -> None:
    watch = Watch.objects.get()
    set_targets({watch.pk: 5000}, story.now)
    before = rules_of(watch)
    receipt = remove_for_now([watch.pk], story.now)
    all_at_once(lambda: put_back(story.user, receipt, story.now))
    assert rules_of(Watch.objects.get()) == before
