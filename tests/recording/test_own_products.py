"""A rule compares with a product of one's own as long as all who see the rule see the product, and it is checked."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitor.models import Alert, Membership, Product, Rule, User, Watch
from monitor.rules.conditions import Condition
from monitor.rules.kinds import Kind
from monitor.watchlists.rules import Terms, add_rule
from monitor.watchlists.services import add_products, create_watchlist, pause, remove, resume
from tests.story import TELLS, Story

pytestmark = pytest.mark.django_db


class Shared:
    """A rival's list with a rule against a product of one's own at ¥80.00, on a private list as well as on this one."""

    def __init__(self) -> None:
        self.story = Story()
        Rule.objects.all().delete()
        self.mine = create_watchlist(self.story.user, "我的")
        self.mine.rules.all().delete()
        for watchlist in (self.mine, self.story.watchlist):
            add_products(watchlist, ["1000"], self.story.now)
        self.story.num_iids.append("1000")
        self.checks(mine=8000, rival=7900)
        self.own = Product.objects.get(num_iid="1000")
        self.rule = add_rule(
            self.story.watchlist, Terms(Condition(Kind.UNDER_MINE, 500, own=self.own.pk)), self.story.now
        )

    def checks(self, *, mine: int | None = None, rival: int, after: timedelta = timedelta(hours=1)) -> None:
        """A check of the rival's product and, unless that is left out, of one's own."""
        self.story.now += after
        told = {self.story.num_iids[0]: rival, **({"1000": mine} if mine else {})}
        self.story.records(
            [replace(TELLS, num_iid=num_iid, price=price, data_time=self.story.now) for num_iid, price in told.items()]
        )

    def shared(self) -> User:
        user = User.objects.create_user("member@example.com")
        Membership.objects.create(watchlist=self.story.watchlist, user=user)
        return user

    @property
    def on_the_list(self) -> Watch:
        return Watch.objects.get(watchlist=self.story.watchlist, product=self.own)

    @property
    def fired(self) -> list[object]:
        return list(Alert.objects.order_by("pk").values_list("after", flat=True))


def test_a_rule_waits_while_a_member_cannot_see_what_it_compares_with_and_fires_once_he_can() -> None:
    shared = Shared()
    shared.shared()
    remove(Watch.objects.filter(pk=shared.on_the_list.pk), shared.story.now)
    shared.checks(mine=8000, rival=7000)
    assert shared.fired == []
    add_products(shared.story.watchlist, ["1000"], shared.story.now)
    assert shared.fired == [7000]
    assert Alert.objects.get().reference == 8000


def test_a_list_that_is_nobody_elses_compares_with_any_of_ones_own() -> None:
    shared = Shared()
    remove(Watch.objects.filter(pk=shared.on_the_list.pk), shared.story.now)
    shared.checks(mine=8000, rival=7000)
    assert shared.fired == [7000]
    shared.shared()
    shared.checks(mine=8000, rival=6000)
    assert shared.fired == [7000]


def test_what_nobody_checks_is_compared_with_no_more_until_it_is_checked_again() -> None:
    shared = Shared()
    pause(Watch.objects.filter(product=shared.own), shared.story.now)
    shared.checks(rival=7000)
    assert shared.fired == []
    resume(Watch.objects.filter(product=shared.own), shared.story.now)
    # Nothing has moved but that it is checked.
    shared.checks(mine=8000, rival=7000)
    assert shared.fired == [7000]


def test_a_price_is_too_old_when_no_check_has_succeeded_for_a_day_beyond_the_interval() -> None:
    shared = Shared()
    shared.checks(rival=7500, after=timedelta(hours=25))
    assert shared.fired == [7500]
    shared.checks(rival=7900, after=timedelta(minutes=1))
    shared.checks(rival=7000, after=timedelta(minutes=1))
    assert shared.fired == [7500]
    shared.checks(mine=8000, rival=7000)
    assert shared.fired == [7500, 7000]


def test_it_is_compared_with_again_by_its_own_check_alone() -> None:
    shared = Shared()
    shared.checks(rival=7900, after=timedelta(hours=30))
    shared.checks(rival=7000)
    assert shared.fired == []
    shared.story.num_iids.reverse()
    shared.story.now += timedelta(hours=1)
    with CaptureQueriesContext(connection) as queries:
        shared.story.records([replace(TELLS, num_iid="1000", price=8000, data_time=shared.story.now)])
    assert shared.fired == [7000]
    assert len(queries) < 20
