"""Undoing the last action on products, or on a saved view."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from monitor.judging.rules.conditions import Condition
from monitor.judging.rules.kinds import Kind
from monitor.models import Membership, Product, Rule, User, Watch, Watchlist
from monitor.watching.rules import Terms
from monitor.watching.tags import set_tags
from tests.models.factories import NOW, MembershipFactory, WatchFactory, WatchlistFactory
from tests.pages import HTMX

pytestmark = pytest.mark.django_db


def test_undoing_a_removal_restores_all_settings(web: Client, watchlist: Watchlist) -> None:
    watch = WatchFactory.create(
        watchlist=watchlist, note="cheapest", interval=timedelta(minutes=5), is_paused=True
    )
    set_tags({watch.pk: ["hot", "new"]})
    condition = Condition(Kind.PRICE_BELOW_HIGH, 1000, 30, also=(Condition(Kind.ON_SALE),))
    terms = Terms(condition, timedelta(hours=6), is_urgent=True)
    terms.put_on(Rule(watchlist=watchlist, watch=watch, is_active=False)).save()
    web.post(f"/products/{watch.product.num_iid}/remove/")
    assert not Watch.objects.exists()
    assert Product.objects.get(pk=watch.product_id).next_check_at is None
    assert f"“{watch.product.title}” was removed" in web.get("/products/").content.decode()
    web.post("/products/undo/")
    restored = Watch.objects.get(watchlist=watchlist)
    assert (restored.note, restored.interval, restored.is_paused) == (
        "cheapest",
        timedelta(minutes=5),
        True,
    )
    assert [tag.name for tag in restored.tags.all()] == ["hot", "new"]
    assert [(Terms.of(rule), rule.is_active) for rule in restored.rules.all()] == [(terms, False)]
    assert f"Undone: “{watch.product.title}” was removed." in web.get("/products/").content.decode()
    assert "was removed" not in web.get("/products/").content.decode()


def test_after_five_minutes_a_removal_is_final(web: Client, watchlist: Watchlist) -> None:
    watch = WatchFactory.create(watchlist=watchlist)
    web.post(f"/products/{watch.product.num_iid}/remove/")
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        assert "was removed" not in web.get("/products/").content.decode()
        web.post("/products/undo/")
    assert not Watch.objects.exists()


def act(web: Client, verb: str, watches: list[Watch]) -> str:
    form = {"act": verb, "product": [watch.product.num_iid for watch in watches]}
    return web.post("/products/many/", form, headers=HTMX).content.decode()


def settings() -> list[tuple[object, ...]]:
    return list(
        Watch.objects.order_by("pk").values_list(
            "watchlist", "is_paused", "interval", "priority", "pace"
        )
    )


@pytest.fixture
def three(watchlist: Watchlist) -> list[Watch]:
    """One with its list's settings, one paused with its own settings, one that already has the
    settings of `VERBS`."""
    paused = {"is_paused": True, "interval": timedelta(minutes=5), "priority": 1, "pace": "fixed"}
    already = {"interval": timedelta(minutes=10), "priority": 3, "pace": "adaptive"}
    return [
        WatchFactory.create(watchlist=watchlist, **settings) for settings in ({}, paused, already)
    ]


VERBS = ("pause", "resume", "interval:600", "interval:list", "priority:3", "pace:adaptive")


@pytest.mark.parametrize("verb", VERBS)
def test_an_action_on_many_products_is_undone_for_each(
    web: Client, three: list[Watch], verb: str
) -> None:
    before = settings()
    assert act(web, verb, three).count("Undo<") == 1
    assert settings() != before
    text = web.post("/products/undo/", headers=HTMX).content.decode()
    assert settings() == before
    assert "Undone: " in text
    assert "Undo<" not in text
    assert "Not undone" in web.post("/products/undo/", headers=HTMX).content.decode()
    unpaused = Product.objects.get(pk=three[0].product_id)
    assert (unpaused.interval, unpaused.next_check_at is None) == (timedelta(hours=1), False)
    assert (unpaused.weight, unpaused.limits is not None and unpaused.limits.is_fixed) == (1, True)


def test_undo_skips_a_product_that_was_changed_meanwhile(web: Client, three: list[Watch]) -> None:
    act(web, "priority:3", three)
    Watch.objects.filter(pk=three[0].pk).update(priority=2)
    web.post("/products/undo/")
    assert list(Watch.objects.order_by("pk").values_list("priority", flat=True)) == [2, 1, 3]


def test_undoing_a_move_returns_each_product_to_its_list(
    web: Client, three: list[Watch], merchant: User
) -> None:
    other, target = (WatchlistFactory.create(owner=merchant) for _ in range(2))
    elsewhere = WatchFactory.create(watchlist=other)
    doubled = WatchFactory.create(watchlist=other, product=three[1].product, note="dear")
    WatchFactory.create(watchlist=target, product=doubled.product)
    fields = ("watchlist", "product", "note", "is_paused", "interval", "priority")
    before = set(Watch.objects.values_list(*fields))
    assert act(web, f"move:{target.pk}", [*three, elsewhere]).count("Undo<") == 1
    assert target.watches.count() == 4
    web.post("/products/undo/")
    assert set(Watch.objects.values_list(*fields)) == before
    assert Watch.objects.get(pk=elsewhere.pk).watchlist == other


def test_undo_leaves_a_list_that_the_user_may_no_longer_edit(web: Client, merchant: User) -> None:
    watch = WatchFactory.create()
    role = MembershipFactory.create(
        watchlist=watch.watchlist, user=merchant, role=Membership.Role.EDITOR
    )
    act(web, "pause", [watch])
    role.delete()
    web.post("/products/undo/")
    assert Watch.objects.get().is_paused


def test_undo_is_offered_until_the_page_is_opened_again(web: Client, three: list[Watch]) -> None:
    form = {"act": "remove", "product": [three[0].product.num_iid]}
    assert "was removed" in web.post("/products/many/", form, follow=True).content.decode()
    assert "was removed" in web.get("/products/?sort=price", headers=HTMX).content.decode()
    assert "was removed" not in web.get("/products/").content.decode()
    assert "was removed" not in web.get("/products/", headers=HTMX).content.decode()
