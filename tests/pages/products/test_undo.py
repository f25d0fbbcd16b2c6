"""Undoing the last action on products, or on a saved view."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from monitor.judging.rules.conditions import Condition
from monitor.judging.rules.kinds import Kind
from monitor.models import Membership, Product, Rule, SavedView, User, Watch, Watchlist
from monitor.watching.rules import Terms
from monitor.watching.services import add_products
from monitor.watching.tags import set_tags
from tests.factories import NOW, MembershipFactory, WatchFactory, WatchlistFactory
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


def test_a_removal_says_that_settings_are_removed_too(web: Client, three: list[Watch]) -> None:
    notice = "their own rules and intervals are gone unless you undo"
    assert notice not in act(web, "pause", three)
    assert notice in act(web, "remove", three)
    watch = WatchFactory.create(watchlist=three[0].watchlist)
    text = web.post(f"/products/{watch.product.num_iid}/remove/", headers=HTMX).content.decode()
    assert notice in text


def test_after_five_minutes_a_removal_is_final(web: Client, watchlist: Watchlist) -> None:
    watch = WatchFactory.create(watchlist=watchlist)
    web.post(f"/products/{watch.product.num_iid}/remove/")
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        assert "was removed" not in web.get("/products/").content.decode()
        web.post("/products/undo/")
    assert not Watch.objects.exists()


def test_undo_skips_a_product_that_was_added_again_meanwhile(
    web: Client, watchlist: Watchlist
) -> None:
    watch = WatchFactory.create(watchlist=watchlist, note="old")
    web.post(f"/products/{watch.product.num_iid}/remove/")
    add_products(watchlist, [watch.product.num_iid], NOW)
    web.post("/products/undo/")
    assert Watch.objects.get().note == ""
    assert "Not undone" in web.get("/products/").content.decode()


@pytest.mark.parametrize(("verb", "notice"), [("pause", "was paused."), ("resume", "was resumed.")])
def test_an_action_on_one_product_is_undone_on_each_list(
    web: Client, merchant: User, watchlist: Watchlist, verb: str, notice: str
) -> None:
    watch = WatchFactory.create(watchlist=watchlist, product__title="<b>Shirt")
    WatchFactory.create(
        watchlist=WatchlistFactory.create(owner=merchant), product=watch.product, is_paused=True
    )
    before = settings()
    text = web.post(f"/products/{watch.product.num_iid}/{verb}/", headers=HTMX).content.decode()
    assert f"“&lt;b&gt;Shirt” {notice}" in text
    assert text.count("Undo<") == 1
    assert settings() != before
    text = web.post("/products/undo/", headers=HTMX).content.decode()
    assert f"Undone: “&lt;b&gt;Shirt” {notice}" in text
    assert "Undo<" not in text
    assert settings() == before


def test_resuming_a_product_on_a_paused_list_says_that_it_stays_paused(
    web: Client, watchlist: Watchlist
) -> None:
    watch = WatchFactory.create(watchlist=watchlist)
    Watchlist.objects.update(is_paused=True)
    text = web.post(f"/products/{watch.product.num_iid}/resume/", headers=HTMX).content.decode()
    assert f"“{watch.product.title}” stays paused: its list is paused." in text
    assert "Undo<" not in text


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


def test_an_action_without_effect_offers_no_undo(web: Client, three: list[Watch]) -> None:
    text = act(web, "priority:3", three[2:])
    assert "1 product now has priority high." in text
    assert "Undo<" not in text


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


def test_undoing_a_move_skips_a_product_that_is_back_already(
    web: Client, three: list[Watch], watchlist: Watchlist, merchant: User
) -> None:
    target = WatchlistFactory.create(owner=merchant)
    act(web, f"move:{target.pk}", three)
    add_products(watchlist, [three[0].product.num_iid], NOW)
    web.post("/products/undo/")
    assert list(target.watches.values_list("pk", flat=True)) == [three[0].pk]
    assert watchlist.watches.count() == 3


def test_undo_leaves_a_list_that_the_user_may_no_longer_edit(web: Client, merchant: User) -> None:
    watch = WatchFactory.create()
    role = MembershipFactory.create(
        watchlist=watch.watchlist, user=merchant, role=Membership.Role.EDITOR
    )
    act(web, "pause", [watch])
    role.delete()
    web.post("/products/undo/")
    assert Watch.objects.get().is_paused


def test_only_the_last_action_can_be_undone(
    web: Client, three: list[Watch], merchant: User
) -> None:
    view = SavedView.objects.create(user=merchant, name="Cheap", query="max=50")
    assert (
        "“Cheap” was changed"
        in web.post(f"/views/{view.pk}/delete/", headers=HTMX).content.decode()
    )
    text = act(web, "remove", three)
    assert text.count("Undo<") == 1
    assert "3 products were removed" in text
    assert "Cheap" not in text


def test_undo_is_offered_until_the_page_is_opened_again(web: Client, three: list[Watch]) -> None:
    form = {"act": "remove", "product": [three[0].product.num_iid]}
    assert "was removed" in web.post("/products/many/", form, follow=True).content.decode()
    assert "was removed" in web.get("/products/?sort=price", headers=HTMX).content.decode()
    assert "was removed" not in web.get("/products/").content.decode()
    assert "was removed" not in web.get("/products/", headers=HTMX).content.decode()


def test_products_stay_ticked_unless_they_are_removed(web: Client, three: list[Watch]) -> None:
    ticked = 'form="bulk" checked'
    assert act(web, "pause", three[:2]).count(ticked) == 2
    assert act(web, "remove", three[:2]).count(ticked) == 0
