"""Adding rivals by a sheet that also names the product they are rivals of."""

import csv

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from monitor.models import Import, Pairing, User, Watch, Watchlist
from monitor.watching.pairings import MOST_RIVALS, set_rivals
from tests.models.factories import MembershipFactory, ProductFactory, WatchFactory, WatchlistFactory
from tests.pages.imports.importing import ADD, LINK, ONE, THREE, TWO, add, look, paste, squeezed

pytestmark = pytest.mark.django_db
MINE = "3600000000000000001"
HEAD = "Product ID\tRival of"


@pytest.fixture
def mine(merchant: User) -> Watch:
    """On another list than the rivals."""
    shelf = WatchlistFactory.create(owner=merchant, name="My shop")
    return WatchFactory.create(watchlist=shelf, product=ProductFactory.create(num_iid=MINE))


def rivals_of(watch: Watch) -> set[str]:
    return set(watch.pairings.values_list("rival__num_iid", flat=True))


def upload(web: Client, name: str, content: bytes, watchlist: Watchlist) -> str:
    response = web.post(ADD, {"file": SimpleUploadedFile(name, content), "watchlist": watchlist.pk})
    assert response.status_code == 302, response.content.decode()
    return str(response.headers["Location"])


@pytest.mark.parametrize(
    ("heading", "own"),
    [
        ("Rival of", MINE),
        ("竞品归属", f"https://haohuo.jinritemai.com/views/product/item2?id={MINE}"),
    ],
)
def test_a_row_adds_the_rival_and_pairs_it_and_one_undo_takes_both_back(
    web: Client, watchlist: Watchlist, mine: Watch, heading: str, own: str
) -> None:
    sheet = f"Product ID,Price,{heading}\n{ONE},72.00,{own}\n{LINK},9.90,{own}\n{THREE},5.00,\n"
    address = upload(web, "rivals.csv", sheet.encode("gb18030"), watchlist)
    page = squeezed(look(web, address))
    assert "3 products added to “Rivals”" in page
    assert "2 pairings were made." in page
    assert rivals_of(mine) == {ONE, TWO}
    page = squeezed(web.post(f"{address}undo/", follow=True).content.decode())
    assert "2 pairings were undone, too." in page
    assert (rivals_of(mine), watchlist.watches.count()) == (set(), 0)


def test_what_was_paired_before_and_by_hand_since_stays_after_an_undo(
    web: Client, watchlist: Watchlist, mine: Watch, merchant: User
) -> None:
    old, late = (WatchFactory.create(watchlist=watchlist).product.num_iid for _ in range(2))
    set_rivals(mine, [old], merchant)
    address = paste(web, f"{HEAD}\n{ONE}\t{MINE}\n{old}\t{MINE}", watchlist)
    set_rivals(mine, [old, late, ONE], merchant)
    web.post(f"{address}undo/")
    assert rivals_of(mine) == {old, late}


def test_each_row_that_cannot_be_paired_says_why_and_the_others_go_on(
    web: Client, watchlist: Watchlist, mine: Watch, merchant: User
) -> None:
    full = WatchFactory.create(watchlist=mine.watchlist)
    set_rivals(
        full,
        [WatchFactory.create(watchlist=watchlist).product.num_iid for _ in range(MOST_RIVALS)],
        merchant,
    )
    strange, removed = (
        WatchFactory.create().product.num_iid,
        WatchFactory.create(watchlist=mine.watchlist),
    )
    viewed = WatchFactory.create()
    MembershipFactory.create(watchlist=viewed.watchlist, user=merchant)
    owns = [
        MINE,
        MINE,
        strange,
        "my coat",
        full.product.num_iid,
        viewed.product.num_iid,
        removed.product.num_iid,
    ]
    ids = [ONE, ONE, TWO, THREE, *(str(int(THREE) + number) for number in range(1, 4))]
    rows = [*zip(ids, owns, strict=True), (MINE, MINE)]
    address = paste(web, "\n".join([HEAD, *map("\t".join, rows)]), watchlist)
    page = squeezed(look(web, address))
    for words, times in {
        "this rival of the same product is on a row above": 1,
        "on no watchlist that you may edit": 2,
        "no product link or ID found": 1,
        "the product has 20 rivals already": 1,
        "a product cannot be its own rival": 1,
    }.items():
        assert page.count(words) == times, words
    assert "6 rivals are not paired" in page
    assert "2 rivals to pair" in page
    assert not rivals_of(mine)
    removed.delete()
    page = squeezed(add(web, address))
    assert "1 pairing was made." in page
    assert "7 rivals are not paired" in page
    assert list(Pairing.objects.filter(rival__num_iid=ONE).values_list("product")) == [
        (mine.product_id,)
    ]
    assert watchlist.watches.count() == MOST_RIVALS + 7, "the rows are added all the same"
    assert page.count("on no watchlist that you may edit") == 3


def test_an_own_product_of_the_same_sheet_and_several_in_one_cell_are_paired(
    web: Client, watchlist: Watchlist, mine: Watch
) -> None:
    paste(web, f"{HEAD}\n{THREE}\t\n{ONE}\t{THREE} {MINE}", watchlist)
    assert rivals_of(mine) == {ONE}
    assert set(Pairing.objects.values_list("product__num_iid", "watch__watchlist__name")) == {
        (MINE, "My shop"),
        (THREE, "Rivals"),
    }


def test_the_products_as_a_file_come_back_as_they_were(
    web: Client, watchlist: Watchlist, mine: Watch, merchant: User
) -> None:
    paste(web, f"{HEAD}\n{ONE}\t{MINE}\n{TWO}\t{MINE}\n{THREE}\t", watchlist)
    for ending in ("csv", "xlsx"):
        set_rivals(mine, [ONE, TWO], merchant)
        response = web.get(f"/products/export.{ending}?list={watchlist.pk}")
        content = b"".join(response) if response.streaming else response.content
        page = squeezed(look(web, upload(web, f"products.{ending}", content, watchlist)))
        assert "to pair" not in page, "all are paired already"
        assert "not paired" not in page
        set_rivals(mine, [ONE], merchant)
        address = upload(web, f"products.{ending}", content, watchlist)
        assert "Pair 1 rival" in squeezed(look(web, address))
        add(web, address)
        assert rivals_of(mine) == {ONE, TWO}
    assert Import.objects.filter(paired__isnull=False).count() == 3


def test_a_member_sees_in_a_file_only_their_own_lists_products(
    web: Client, watchlist: Watchlist, mine: Watch
) -> None:
    stranger = WatchFactory.create()
    rival = WatchFactory.create(watchlist=watchlist).product
    Pairing.objects.create(watch=stranger, product=stranger.product, rival=rival)
    text = b"".join(web.get("/products/export.csv")).decode("utf-8-sig")
    assert [row["Rival of"] for row in csv.DictReader(text.splitlines())] == ["", ""]
