"""A rule compares with an own product while it is checked and visible to all users who see the rule."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.models import Alert, Membership, Product, Rule, User, Watch
from monitor.rules.conditions import Condition
from monitor.rules.kinds import Kind
from monitor.watchlists.rules import Terms, add_rule
from monitor.watchlists.services import add_products, create_watchlist, pause, remove
from tests.statements import queries_of
from tests.story import TELLS, Story

pytestmark = pytest.mark.django_db


class Shared:
    """A rival's list with a rule that compares with the user's own product at ¥80.00. That is on a private list too."""

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
        """Record a check of the rival's product and, with `mine`, of the own product."""
        self.story.now += after
        prices = {self.story.num_iids[0]: rival, **({"1000": mine} if mine else {})}
        self.story.records(
            [replace(TELLS, num_iid=key, price=price, data_time=self.story.now) for key, price in prices.items()]
        )

    def add_member(self) -> None:
        user = User.objects.create_user("member@example.com")
        Membership.objects.create(watchlist=self.story.watchlist, user=user)

    @property
    def on_the_list(self) -> Watch:
        return Watch.objects.get(watchlist=self.story.watchlist, product=self.own)

    @property
    def fired(self) -> list[object]:
        return list(Alert.objects.order_by("pk").values_list("after", flat=True))


def test_a_rule_waits_while_a_member_cannot_see_the_own_product() -> None:
    shared = Shared()
    shared.add_member()
    remove(Watch.objects.filter(pk=shared.on_the_list.pk), shared.story.now)
    shared.checks(mine=8000, rival=7000)
    assert shared.fired == []
    add_products(shared.story.watchlist, ["1000"], shared.story.now)
    assert shared.fired == [7000]
    assert Alert.objects.get().reference == 8000


def test_a_list_without_members_compares_with_any_own_product() -> None:
    shared = Shared()
    remove(Watch.objects.filter(pk=shared.on_the_list.pk), shared.story.now)
    shared.checks(mine=8000, rival=7000)
    assert shared.fired == [7000]
    shared.add_member()
    shared.checks(mine=8000, rival=6000)
    assert shared.fired == [7000]


def test_a_paused_own_product_is_not_compared_until_it_is_checked_again() -> None:
    shared = Shared()
    pause(Watch.objects.filter(product=shared.own), shared.story.now)
    shared.checks(rival=7000)
    assert shared.fired == []
    pause(Watch.objects.filter(product=shared.own), shared.story.now, paused=False)
    # No price has changed since.
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


def test_a_check_of_the_own_product_alone_fires_the_rule() -> None:
    shared = Shared()
    shared.checks(rival=7900, after=timedelta(hours=30))
    shared.checks(rival=7000)
    assert shared.fired == []
    shared.story.num_iids.reverse()
    shared.story.now += timedelta(hours=1)
    reply = replace(TELLS, num_iid="1000", price=8000, data_time=shared.story.now)
    assert queries_of(lambda: shared.story.records([reply])) < 20
    assert shared.fired == [7000]
