"""While several people have watchlists, nobody fills the database alone: lists, products and drafts
have limits."""

import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from monitor.models import Allowance, Import, ImportRow, User, Watch, Watchlist
from monitor.models.usage import quota_reset
from monitor.people.allowances import AllowanceError, allowed
from monitor.watching.following import follow_shop, unfollow_shop
from monitor.watching.imports import Source, Target, start_import
from monitor.watching.invitations import invite, token_of
from monitor.watching.services import create_watchlist
from monitor.watching.sharing import transfer
from monitor.watching.upkeep import clean_up
from monitor.watching.uploads.lines import UploadLine
from tests.factories import (
    NOW,
    MembershipFactory,
    ShopFactory,
    UserFactory,
    WatchFactory,
    WatchlistFactory,
)
from tests.pages import HTMX
from tests.pages.imports.importing import ONE, add, paste, squeezed
from tests.threads import at_once

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


def test_a_merchant_who_is_alone_meets_no_limit(web: Client, merchant: User) -> None:
    for number in range(5):
        make(web, f"List {number}")
    watchlist = Watchlist.objects.filter(owner=merchant)[0]
    add(web, paste(web, ids(0, 30), watchlist))
    assert (Watchlist.objects.count(), watchlist.watches.count()) == (5, 30)


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
    assert 'name="add"' in page
    add(web, paste(web, ids(0, 6), watchlist))
    assert watchlist.watches.count() == 10


def test_deleting_a_list_makes_no_room_for_more_products_than_can_be_restored(
    web: Client, watchlist: Watchlist, others: Watchlist, merchant: User
) -> None:
    WatchFactory.create_batch(9, watchlist=watchlist)
    second = WatchlistFactory.create(owner=merchant, name="Second")
    web.post(f"/watchlists/{watchlist.pk}/delete/", {"name": watchlist.name})
    assert Watchlist.objects.get(pk=watchlist.pk).deleted_at is not None
    assert "1 more fit" in refused(web, ids(0, 2), second)
    assert not second.watches.exists()


def test_products_that_are_watched_already_count_once(
    web: Client, merchant: User, others: Watchlist
) -> None:
    first, second = (WatchlistFactory.create(owner=merchant, name=name) for name in ("One", "Two"))
    add(web, paste(web, ids(0, 10), first))
    address = paste(web, ids(0, 10), second)
    rows = {"row": [row.pk for row in ImportRow.objects.filter(source=Import.objects.latest("pk"))]}
    shown = {"shown": ",".join(map(str, rows["row"]))}
    add(web, address, **rows, **shown)
    assert second.watches.count() == 10


def test_an_editor_draws_on_the_allowance_of_the_lists_owner(
    web: Client, merchant: User, watchlist: Watchlist, others: Watchlist
) -> None:
    MembershipFactory.create(watchlist=others, user=merchant, role="editor")
    WatchFactory.create_batch(9, watchlist=others)
    page = refused(web, ids(0, 2), others)
    assert "1 more fit" in page
    assert others.watches.count() == 9


def test_a_list_that_is_given_away_keeps_within_what_its_new_owner_may_follow(
    merchant: User, watchlist: Watchlist, others: Watchlist, settings: Settings
) -> None:
    settings.PERSON_SHOPS = 2
    shops = ShopFactory.create_batch(3)
    for shop in shops:
        follow_shop(watchlist, shop, NOW)
    follow_shop(others, shops[0], NOW)
    membership = MembershipFactory.create(watchlist=watchlist, user=others.owner, role="editor")
    with pytest.raises(AllowanceError, match="2"):
        transfer(watchlist, membership, NOW)
    unfollow_shop(watchlist.follows.latest("pk"), NOW)
    assert transfer(watchlist, membership, NOW).owner == others.owner


def test_the_oldest_drafts_give_way_to_a_new_one(
    web: Client, merchant: User, others: Watchlist
) -> None:
    for first in (0, 100, 200):
        paste(web, f"{ids(first, 7)}\n12")
    drafts = Import.objects.filter(owner=merchant)
    assert drafts.count() == 2
    assert not ImportRow.objects.filter(source__owner=merchant, num_iid=ONE).exists()


def test_an_import_that_is_too_large_alone_is_refused_and_drafts_stay(
    web: Client, merchant: User, others: Watchlist
) -> None:
    paste(web, f"{ids(0, 7)}\n12")
    form = {"text": ids(100, 21), "watchlist": "new", "list_name": "Mine"}
    page = squeezed(web.post("/products/add/", form).content.decode())
    assert f"Your uploads of the last 7 days may have 20 rows: 20 more fit. {MORE}" in page
    assert ImportRow.objects.filter(source__owner=merchant).count() == 8


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


def test_a_long_text_counts_as_rows_too(
    web: Client, watchlist: Watchlist, others: Watchlist
) -> None:
    assert "may have 20 rows" in refused(web, ONE + " " * 20 * 200, watchlist)


def test_a_day_has_so_many_imports_also_if_they_gave_way(
    web: Client, merchant: User, watchlist: Watchlist, others: Watchlist
) -> None:
    Allowance.objects.create(person=merchant, imports=3)
    for first in (0, 100, 200):
        paste(web, f"{ids(first, 8)}\n12", watchlist)
    assert Import.objects.count() == 2
    words = "You may add products 3 times a day: add several at once, or go on tomorrow."
    assert f"{words} {MORE}" in refused(web, ONE, watchlist)
    target = Target(watchlist, "", watchlist.interval)
    start_import(merchant, Source(), target, quota_reset(timezone.now()))


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_the_last_import_of_the_day_start_one(settings: Settings) -> None:
    settings.PERSON_IMPORTS = 1
    watchlist, _others = WatchlistFactory.create(), WatchlistFactory.create()
    begun, refused = threading.Barrier(2), []

    def request() -> None:
        begun.wait()
        try:
            start_import(watchlist.owner, Source(), Target(watchlist, "", watchlist.interval), NOW)
        except AllowanceError as error:
            refused.append(error.limit)

    at_once(request, request)
    assert (refused, Import.objects.count()) == (["imports"], 1)


def test_what_an_operator_adds_is_not_limited(
    merchant: User, watchlist: Watchlist, others: Watchlist
) -> None:
    lines = tuple(UploadLine(number, "", str(int(ONE) + number)) for number in range(50))
    start_import(
        merchant,
        Source(lines=lines),
        Target(watchlist, "", watchlist.interval),
        NOW,
        is_decided=True,
    )
    for number in range(5):
        create_watchlist(merchant, f"By the operator {number}")


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


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_the_last_list_make_one() -> None:
    merchant = UserFactory.create()
    for owner in (UserFactory.create(), merchant, merchant):
        WatchlistFactory.create(owner=owner)
    begun, refused = threading.Barrier(2), []

    def click(name: str) -> None:
        begun.wait()
        try:
            create_watchlist(merchant, name, by=merchant)
        except AllowanceError:
            refused.append(name)

    at_once(lambda: click("A"), lambda: click("B"))
    assert len(refused) == 1
    assert Watchlist.objects.filter(owner=merchant).count() == 3
    assert not Watch.objects.exists()


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
