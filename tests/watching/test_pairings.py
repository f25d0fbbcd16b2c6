"""Pairing products with rivals: who may, with what, and what ends it."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from monitor.models import Membership, Pairing, Product, User, Watch, Watchlist
from monitor.showing.reads.products import has_own
from monitor.watching import bulk
from monitor.watching.pairings import MOST_RIVALS, pair_again, set_rivals
from monitor.watching.removal import put_back, remove_for_now
from monitor.watching.services import remove
from tests.factories import (
    NOW,
    MembershipFactory,
    ProductFactory,
    UserFactory,
    WatchFactory,
    WatchlistFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine(watchlist: Watchlist) -> Watch:
    return WatchFactory.create(watchlist=watchlist)


def rivals_on(watchlist: Watchlist, count: int) -> list[Product]:
    return [WatchFactory.create(watchlist=watchlist).product for _ in range(count)]


def ids(products: list[Product]) -> list[str]:
    return [product.num_iid for product in products]


def rivals_of(watch: Watch) -> set[str]:
    return set(watch.pairings.values_list("rival__num_iid", flat=True))


def test_the_chosen_rivals_replace_those_before(mine: Watch, merchant: User) -> None:
    first, second, third = rivals_on(mine.watchlist, 3)
    set_rivals(mine, ids([first, second]), merchant)
    set_rivals(mine, ids([second, third, third]), merchant)
    assert rivals_of(mine) == {second.num_iid, third.num_iid}
    set_rivals(mine, [], merchant)
    assert rivals_of(mine) == set()


def test_a_product_is_not_its_own_rival(mine: Watch, merchant: User) -> None:
    with pytest.raises(ValidationError):
        set_rivals(mine, [mine.product.num_iid], merchant)
    with pytest.raises(IntegrityError), transaction.atomic():
        Pairing.objects.create(watch=mine, product=mine.product, rival=mine.product)


def test_what_the_user_does_not_watch_is_left_out(mine: Watch, merchant: User) -> None:
    strange = WatchFactory.create().product
    set_rivals(mine, [strange.num_iid, "42"], merchant)
    assert rivals_of(mine) == set()


def test_there_is_a_limit(mine: Watch, merchant: User) -> None:
    rivals = rivals_on(mine.watchlist, MOST_RIVALS + 1)
    set_rivals(mine, ids(rivals[1:]), merchant)
    with pytest.raises(ValidationError):
        set_rivals(mine, ids(rivals), merchant)
    assert mine.pairings.count() == MOST_RIVALS


def test_an_editor_leaves_alone_what_only_the_owner_sees(mine: Watch, merchant: User) -> None:
    editor = UserFactory.create()
    MembershipFactory.create(watchlist=mine.watchlist, user=editor, role=Membership.Role.EDITOR)
    [shared] = rivals_on(mine.watchlist, 1)
    [secret] = rivals_on(WatchlistFactory.create(owner=merchant), 1)
    set_rivals(mine, ids([shared, secret]), merchant)
    assert [pairing.rival for pairing in mine.pairings.seen_by(editor)] == [shared]
    set_rivals(mine, [], editor)
    assert rivals_of(mine) == {secret.num_iid}


def test_three_people_pair_one_product_differently(mine: Watch, merchant: User) -> None:
    rivals = rivals_on(mine.watchlist, 3)
    chosen = {}
    for rival in rivals:
        watchlist = WatchlistFactory.create()
        watch = WatchFactory.create(watchlist=watchlist, product=mine.product)
        WatchFactory.create(watchlist=watchlist, product=rival)
        set_rivals(watch, [rival.num_iid], watchlist.owner)
        chosen[watch] = {rival.num_iid}
    assert {watch: rivals_of(watch) for watch in chosen} == chosen
    assert rivals_of(mine) == set()


def test_a_product_with_rivals_is_the_users_own(mine: Watch, merchant: User) -> None:
    key = mine.watchlist_id
    assert not has_own(merchant, key, [key])
    set_rivals(mine, ids(rivals_on(mine.watchlist, 1)), merchant)
    assert has_own(merchant, key, [key])


def test_a_removal_ends_the_pairing_and_its_undo_brings_it_back(
    mine: Watch, merchant: User
) -> None:
    rivals = rivals_on(mine.watchlist, 3)
    set_rivals(mine, ids(rivals), merchant)
    receipt = remove_for_now([mine.pk], NOW)
    assert not Pairing.objects.exists()
    rivals[0].delete()
    assert put_back(merchant, receipt, NOW) == 1
    again = Watch.objects.get(product=mine.product)
    assert rivals_of(again) == set(ids(rivals[1:]))


def test_a_rival_that_nobody_watches_any_more_is_not_shown(mine: Watch, merchant: User) -> None:
    [rival] = rivals_on(mine.watchlist, 1)
    set_rivals(mine, [rival.num_iid], merchant)
    remove(Watch.objects.filter(product=rival), NOW)
    assert not mine.pairings.seen_by(merchant).exists()
    rival.delete()
    assert not Pairing.objects.exists()


def test_a_moved_product_keeps_its_rivals(mine: Watch, merchant: User) -> None:
    [rival] = rivals_on(mine.watchlist, 1)
    set_rivals(mine, [rival.num_iid], merchant)
    bulk.move([mine.pk], WatchlistFactory.create(owner=merchant), NOW)
    assert rivals_of(mine) == {rival.num_iid}


def test_the_same_choice_twice_is_one(mine: Watch) -> None:
    [rival] = rivals_on(mine.watchlist, 1)
    for _ in range(2):
        pair_again({mine.pk: (mine.product_id, [rival.pk])})
    assert mine.pairings.count() == 1


def test_a_product_removed_meanwhile_gets_no_rivals(mine: Watch, merchant: User) -> None:
    product = ProductFactory.create()
    Watch.objects.all().delete()
    with pytest.raises(Watch.DoesNotExist):
        set_rivals(mine, [product.num_iid], merchant)
