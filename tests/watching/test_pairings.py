"""Pairing products with rivals: who may, with what, and what ends it."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from monitor.models import Membership, Pairing, Product, User, Watch, Watchlist
from monitor.watching.pairings import MOST_RIVALS, set_rivals
from monitor.watching.removal import put_back, remove_for_now
from monitor.watching.services import remove
from tests.models.factories import (
    NOW,
    MembershipFactory,
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
