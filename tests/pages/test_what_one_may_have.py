"""While several people have watchlists, nobody fills the database alone: lists, products and drafts
have limits."""

import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from monitor.models import Allowance, Import, User, Watchlist
from monitor.people.allowances import AllowanceError, allowed
from monitor.watching.imports import Source, Target, start_import
from monitor.watching.invitations import invite, token_of
from monitor.watching.upkeep import clean_up
from tests.models.factories import (
    NOW,
    MembershipFactory,
    WatchFactory,
    WatchlistFactory,
)
from tests.pages import HTMX
from tests.pages.imports.importing import ONE, add, paste, squeezed
from tests.polling.threads import at_once

pytestmark = pytest.mark.django_db
MORE = "The operator can allow you more."


@pytest.fixture(autouse=True)
def small_limits(settings: Settings) -> None:
    settings.PERSON_LISTS, settings.PERSON_PRODUCTS, settings.PERSON_IMPORT_ROWS = 3, 10, 20


@pytest.fixture
def others(db: None) -> Watchlist:
    return WatchlistFactory.create(name="Of another user")


def ids(first: int, many: int) -> str:
    return "\n".join(str(int(ONE) + first + number) for number in range(many))


def make(web: Client, name: str) -> str:
    form = {"name": name, "interval": "3600", "priority": "2"}
    return web.post("/watchlists/", form, headers=HTMX).content.decode()


def test_a_list_too_many_is_refused_in_words(
    web: Client, merchant: User, others: Watchlist
) -> None:
    for name in ("One", "Two", "Three"):
        make(web, name)
    page = squeezed(make(web, "Four"))
    assert (
        f"You may have 3 watchlists. Deleted ones count until they are gone for good. {MORE}"
        in page
    )
    assert 'value="Four"' in page, "what was typed stays"
    assert Watchlist.objects.filter(owner=merchant).count() == 3


def test_deleting_lists_makes_no_room_for_thousands(
    web: Client, merchant: User, others: Watchlist
) -> None:
    for number in range(6):
        make(web, f"List {number}")
        for watchlist in Watchlist.objects.kept().filter(owner=merchant):
            web.post(f"/watchlists/{watchlist.pk}/delete/", {"name": watchlist.name})
    assert Watchlist.objects.filter(owner=merchant).count() == 3


def refused(web: Client, text: str, watchlist: Watchlist) -> str:
    """Return the page that answers an import that is too large."""
    response = web.post("/products/add/", {"text": text, "watchlist": watchlist.pk})
    assert response.status_code == 200
    return squeezed(response.content.decode())


def test_an_import_with_too_many_products_adds_nothing_and_says_how_many_fit(
    web: Client, watchlist: Watchlist, others: Watchlist
) -> None:
    WatchFactory.create_batch(4, watchlist=watchlist)
    page = refused(web, ids(0, 7), watchlist)
    assert (
        f"One person&#x27;s watchlists, deleted ones too, may hold 10 products: 6 more fit. {MORE}"
        in page
    )
    assert watchlist.watches.count() == 4
    assert "Add 7 products" in page
    add(web, paste(web, ids(0, 6), watchlist))
    assert watchlist.watches.count() == 10


def test_imports_that_were_added_or_undone_count_until_they_are_deleted(
    web: Client, watchlist: Watchlist, others: Watchlist
) -> None:
    for first in (0, 100):
        address = paste(web, ids(first, 9), watchlist)
        add(web, address)
        web.post(f"{address}undo/")
    assert not watchlist.watches.exists()
    assert "may have 20 rows: 2 more fit." in refused(web, ids(200, 3), watchlist)
    clean_up(timezone.now() + timedelta(days=7, seconds=1))
    add(web, paste(web, ids(200, 3), watchlist))
    assert watchlist.watches.count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_the_last_import_of_the_day_start_one(settings: Settings) -> None:
    settings.PERSON_IMPORTS = 1
    watchlist, _others = WatchlistFactory.create(), WatchlistFactory.create()
    begun, refused = threading.Barrier(2), []

    def request() -> None:
        begun.wait()
        try:
            start_import(watchlist.owner, Source(), Target(watchlist), NOW)
        except AllowanceError as error:
            refused.append(error.limit)

    at_once(request, request)
    assert (refused, Import.objects.count()) == (["imports"], 1)


def test_an_operator_allows_one_person_or_a_group_another_number(
    merchant: User, others: Watchlist
) -> None:
    WatchlistFactory.create(owner=merchant)
    for name, lists in (("sellers", 7), ("agencies", 50)):
        group = Group.objects.create(name=name)
        Allowance.objects.create(group=group, lists=lists)
        merchant.groups.add(group)
    assert (allowed(merchant, "lists"), allowed(merchant, "products")) == (50, 10)
    Allowance.objects.create(person=merchant, lists=0)
    assert allowed(merchant, "lists") == 0
    assert allowed(others.owner, "lists") == 3


def test_a_list_goes_only_to_a_member_who_may_have_it(
    web: Client, watchlist: Watchlist, others: Watchlist
) -> None:
    member = MembershipFactory.create(watchlist=watchlist)
    offer = invite(watchlist.owner, member.user.email, NOW, watchlist, "owner")
    members, address = Client(), f"/invitations/{token_of(offer)}/"
    members.force_login(member.user)

    def accepting() -> str:
        return squeezed(members.post(address, {"answer": "accept"}, follow=True).content.decode())

    WatchlistFactory.create_batch(3, owner=member.user)
    assert "You may have 3 watchlists." in accepting()
    Allowance.objects.create(person=member.user, lists=4, products=2)
    WatchFactory.create_batch(3, watchlist=watchlist)
    assert "may hold 2 products: 2 more fit." in accepting()
    Allowance.objects.update(products=3)
    accepting()
    watchlist.refresh_from_db()
    assert watchlist.owner == member.user
