"""Choosing the rivals of a product: suggestions with their reasons, and a search."""

import re

import pytest
from django.test import Client

from monitor.models import User, Watch, Watchlist
from monitor.watching.pairings import MOST_RIVALS, set_rivals
from tests.models.factories import ProductFactory, WatchFactory

pytestmark = pytest.mark.django_db
DRESSES = {"category": 20180}


@pytest.fixture
def mine(watchlist: Watchlist) -> Watch:
    product = ProductFactory.create(title="法式碎花连衣裙女", price=10000, **DRESSES)
    return WatchFactory.create(watchlist=watchlist, product=product)


def rival(watchlist: Watchlist, title: str, price: int = 10000, **columns: object) -> str:
    watch = WatchFactory.create(
        watchlist=watchlist, product=ProductFactory.create(title=title, price=price, **columns)
    )
    return watch.product.num_iid


def page_of(web: Client, watch: Watch, query: str = "") -> str:
    return web.get(f"/rivals/{watch.pk}/{query}").content.decode()


def boxes(html: str) -> dict[str, bool]:
    """The products offered, and whether they are ticked."""
    found = re.findall(r'name="rival"\s+value="(\d+)"\s*(checked)?', html)
    return {num_iid: bool(checked) for num_iid, checked in found}


def test_the_three_most_alike_are_ticked_with_the_reasons(
    web: Client, watchlist: Watchlist, mine: Watch
) -> None:
    like = [rival(watchlist, f"法式连衣裙 {n}", 11200, **DRESSES) for n in range(4)]
    unknown, dear = rival(watchlist, "法式牛仔裤女"), rival(watchlist, "法式连衣裙", 30001)
    jeans, stranger = rival(watchlist, "法式牛仔裤女", category=1), rival(watchlist, "Cotton shirt")
    html = page_of(web, mine)
    offered = boxes(html)
    assert [num_iid for num_iid, ticked in offered.items() if ticked] == like[:3]
    assert offered[unknown] is False
    assert not {stranger, jeans, dear} & offered.keys()
    text = " ".join(html.split())
    assert "same category" in text
    assert "title 67% alike" in text
    assert "price within 12%" in text


def test_saving_pairs_and_shows_the_table(web: Client, watchlist: Watchlist, mine: Watch) -> None:
    chosen = [rival(watchlist, f"法式连衣裙 {n}") for n in range(3)]
    response = web.post(f"/rivals/{mine.pk}/", {"rival": chosen}, follow=True)
    assert "has 3 rivals" in response.content.decode()
    assert set(mine.pairings.values_list("rival__num_iid", flat=True)) == set(chosen)
    assert boxes(page_of(web, mine)) == dict.fromkeys(chosen, True)


def test_a_choice_is_undone_unless_another_was_made_since(
    web: Client, watchlist: Watchlist, mine: Watch, merchant: User
) -> None:
    first, second, third = (rival(watchlist, f"法式连衣裙 {n}") for n in range(3))
    for chosen, page in (
        ([first, second], "has 2 rivals"),
        ([third], "has 1 rival"),
        ([], "has 0 rivals"),
    ):
        html = web.post(f"/rivals/{mine.pk}/", {"rival": chosen}, follow=True).content.decode()
        assert page in html
        assert 'action="/rivals/undo/"' in html
    assert (
        "Undone: “法式碎花连衣裙女” has 0 rivals."
        in web.post("/rivals/undo/", follow=True).content.decode()
    )
    assert [pairing.rival.num_iid for pairing in mine.pairings.all()] == [third]
    assert 'action="/rivals/undo/"' not in web.get("/rivals/").content.decode()
    web.post(f"/rivals/{mine.pk}/", {"rival": [first]})
    set_rivals(mine, [second], merchant)
    assert "Not undone" in web.post("/rivals/undo/", follow=True).content.decode()
    assert [pairing.rival.num_iid for pairing in mine.pairings.all()] == [second]


def test_a_search_finds_any_watched_product_and_keeps_what_was_ticked(
    web: Client, watchlist: Watchlist, mine: Watch
) -> None:
    shirt, coat = rival(watchlist, "Cotton shirt"), rival(watchlist, "Winter coat")
    assert boxes(page_of(web, mine, "?q=shirt")) == {shirt: False}
    assert boxes(page_of(web, mine, f"?q=coat&rival={shirt}")) == {shirt: True, coat: False}
    assert "No product matches" in page_of(web, mine, "?q=nothing")


def test_what_cannot_be_saved_is_said_and_nothing_is_written(
    web: Client, watchlist: Watchlist, mine: Watch, merchant: User
) -> None:
    kept = rival(watchlist, "法式连衣裙")
    set_rivals(mine, [kept], merchant)
    many = [rival(watchlist, f"Shirt {n}") for n in range(MOST_RIVALS + 1)]
    for ids, words in (
        (many, f"At most {MOST_RIVALS} rivals"),
        ([mine.product.num_iid], "cannot be its own rival"),
    ):
        assert words in web.post(f"/rivals/{mine.pk}/", {"rival": ids}).content.decode()
    web.post(f"/rivals/{mine.pk}/", {"rival": [kept, "9'; drop", "", "1" * 30]})
    assert [pairing.rival.num_iid for pairing in mine.pairings.all()] == [kept]
