"""Undoing the last removal of products."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from monitor.judging.rules.conditions import Condition
from monitor.judging.rules.kinds import Kind
from monitor.models import Membership, Product, Rule, User, Watch, Watchlist
from monitor.watching.rules import Terms
from monitor.watching.tags import set_tags
from tests.models.factories import NOW, MembershipFactory, WatchFactory
from tests.pages import HTMX

pytestmark = pytest.mark.django_db


def act(web: Client, verb: str, watches: list[Watch]) -> str:
    form = {"act": verb, "product": [watch.product.num_iid for watch in watches]}
    return web.post("/products/many/", form, headers=HTMX).content.decode()


def test_undoing_a_removal_restores_all_settings(web: Client, watchlist: Watchlist) -> None:
    watch = WatchFactory.create(
        watchlist=watchlist, note="cheapest", interval=timedelta(minutes=5), is_paused=True
    )
    set_tags({watch.pk: ["hot", "new"]})
    condition = Condition(Kind.PRICE_BELOW_HIGH, 1000, 30, also=(Condition(Kind.ON_SALE),))
    terms = Terms(condition, timedelta(hours=6), is_urgent=True)
    terms.put_on(Rule(watchlist=watchlist, watch=watch, is_active=False)).save()
    web.post("/products/many/", {"act": "remove", "row": watch.product.num_iid})
    assert not Watch.objects.exists()
    assert Product.objects.get(pk=watch.product_id).next_check_at is None
    assert "1 product was removed." in web.get("/products/").content.decode()
    web.post("/products/undo/")
    restored = Watch.objects.get(watchlist=watchlist)
    assert (restored.note, restored.interval, restored.is_paused) == (
        "cheapest",
        timedelta(minutes=5),
        True,
    )
    assert [tag.name for tag in restored.tags.all()] == ["hot", "new"]
    assert [(Terms.of(rule), rule.is_active) for rule in restored.rules.all()] == [(terms, False)]
    assert "Undone: 1 product was removed." in web.get("/products/").content.decode()
    assert "was removed" not in web.get("/products/").content.decode()


def test_after_five_minutes_a_removal_is_final(web: Client, watchlist: Watchlist) -> None:
    watch = WatchFactory.create(watchlist=watchlist)
    act(web, "remove", [watch])
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        assert "was removed" not in web.get("/products/").content.decode()
        web.post("/products/undo/")
    assert not Watch.objects.exists()


def test_undo_leaves_a_list_that_the_user_may_no_longer_edit(web: Client, merchant: User) -> None:
    watch = WatchFactory.create()
    role = MembershipFactory.create(
        watchlist=watch.watchlist, user=merchant, role=Membership.Role.EDITOR
    )
    act(web, "remove", [watch])
    role.delete()
    assert "Not undone" in web.post("/products/undo/", headers=HTMX).content.decode()
    assert not Watch.objects.exists()


def test_undo_is_offered_until_the_page_is_opened_again(web: Client, watchlist: Watchlist) -> None:
    watch = WatchFactory.create(watchlist=watchlist)
    form = {"act": "remove", "product": [watch.product.num_iid]}
    assert "was removed" in web.post("/products/many/", form, follow=True).content.decode()
    assert "was removed" in web.get("/products/?sort=price", headers=HTMX).content.decode()
    assert "was removed" not in web.get("/products/").content.decode()
    assert "was removed" not in web.get("/products/", headers=HTMX).content.decode()
