"""Searching products by words: what is remembered is shown for nothing, and a page that is not
costs one check."""

import re
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from monitor.models import ProviderAccount, SearchPage, Watch, Watchlist
from monitor.polling.checking import listings
from tests.models.factories import NOW, WatchFactory, WatchlistFactory
from tests.pages import seen_by
from tests.provider.servers import ProviderServer, error

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>\u202e<b hx-post=/logout/>"
SEARCH = "/search/?q=dress"
#: ID, price and units sold of what the provider lists, in its order.
GOODS: list[tuple[str, Any, Any]] = [
    ("3514453298386183301", "59.9", "4000+"),
    ("3514453298386183302", "0.0003", 32158),
    ("3514453298386183303", None, None),
    ("3514453298386183304", 120, 7),
]


def listing(*goods: tuple[str, Any, Any], **more: Any) -> dict[str, Any]:
    items = [
        {
            "num_iid": num_iid,
            "title": f"Dress {num_iid[-1]}",
            "promotion_price": price,
            "price": "270.8" if price == "59.9" else price,
            "sales": sales,
            "shop_name": "某店",
            **more,
        }
        for num_iid, price, sales in goods
    ]
    return {"error": "", "error_code": "0000", "items": {"total_results": "20000", "item": items}}


@pytest.fixture
def douyin(provider: ProviderServer) -> ProviderServer:
    """The provider lists all goods on its first page and repeats them on the second."""
    provider.default = listing(*GOODS)
    return provider


def work() -> None:
    """Answer what waits, as a worker does."""
    listings.read_due(lambda: None)


def look(web: Client, address: str = SEARCH) -> str:
    return web.get(address).content.decode()


def ask(web: Client, **more: Any) -> str:
    return web.post("/search/", {"q": "dress", **more}, follow=True).content.decode()


def shown(page: str) -> str:
    """Return the last digits of the products of a page, in its order."""
    return "".join(re.findall(r'name="product" value="\d+(\d)"', page))


@pytest.fixture
def found(web: Client, douyin: ProviderServer) -> Client:
    """A browser whose user has searched."""
    ask(web)
    work()
    return web


def test_a_search_says_its_price_waits_and_shows_what_was_found(
    web: Client, douyin: ProviderServer, settings: Settings
) -> None:
    settings.PROVIDER_CALL_PRICE = 0.02
    page = look(web)
    assert "¥0.02 (1 check) a page." in page
    assert "11,000 checks are left today." in page
    assert not SearchPage.objects.exists()
    page = ask(web)
    assert "Searching…" in page
    assert 'data-refresh="/search/?q=dress"' in page
    assert douyin.calls == []
    work()
    page = look(web)
    assert shown(page) == "1234"
    for text in ("Dress 1", "¥59.90", "¥270.80", "4k+", "32,158", "某店"):
        assert text in page, text


def test_what_is_remembered_costs_nobody_a_second_call(
    found: Client, douyin: ProviderServer
) -> None:
    bob = seen_by(WatchlistFactory.create().owner)
    for web in (found, bob):
        assert shown(ask(web)) == shown(look(web)) == "1234"
    work()
    assert len(douyin.calls) == 1


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sort=price", "1423"),
        ("sort=-price", "4123"),
        ("sort=-sold", "2143"),
        ("min=10&max=100", "1"),
        ("min=500", ""),
        ("new=on", "123"),
        ("sort=nonsense&min=x&page=0&view=1&list=%00", "1234"),
    ],
)
def test_results_are_sorted_and_filtered_without_a_call(
    found: Client, watchlist: Watchlist, douyin: ProviderServer, query: str, expected: str
) -> None:
    WatchFactory.create(watchlist=watchlist, product__num_iid=GOODS[3][0])
    assert shown(look(found, f"{SEARCH}&{query}")) == expected
    assert len(douyin.calls) == 1


def test_what_the_user_watches_already_names_the_list_and_leads_to_the_product(
    found: Client, watchlist: Watchlist
) -> None:
    WatchFactory.create(watchlist__name="Of another user", product__num_iid=GOODS[0][0])
    WatchFactory.create(watchlist=watchlist, product__num_iid=GOODS[1][0])
    page = look(found)
    assert "on “Rivals”" in page
    assert f'href="/products/{GOODS[1][0]}/"' in page
    assert f'href="/products/{GOODS[0][0]}/"' not in page
    assert "Of another user" not in page


def test_ticked_products_are_added_as_pasted_ones_are(found: Client, watchlist: Watchlist) -> None:
    WatchlistFactory.create(owner=watchlist.owner, name="A")
    WatchFactory.create(watchlist=watchlist)
    page = look(found)
    assert re.findall(r'name="watchlist" value="(\w+)"', page)[0] == str(watchlist.pk), (
        "the last used list is first"
    )
    ticked = [num_iid for num_iid, _price, _sold in GOODS[:2]]
    result = found.post(
        "/products/add/",
        {"product": ticked, "watchlist": watchlist.pk, "list_name": "dress"},
        follow=True,
    )
    assert "2 products added to “Rivals”" in result.content.decode()
    assert set(ticked) < {watch.product.num_iid for watch in watchlist.watches.all()}
    undo = found.post(f"{result.redirect_chain[-1][0]}undo/", follow=True)
    assert "Undone: 2 products" in undo.content.decode()
    found.post("/products/add/", {"product": ticked[0], "watchlist": "new", "list_name": "dress"})
    assert [watch.watchlist.name for watch in Watch.objects.filter(product__num_iid=ticked[0])] == [
        "dress"
    ]
    assert (
        "Paste at least one link or ID"
        in found.post("/products/add/", {"watchlist": watchlist.pk}).content.decode()
    )


def test_a_further_page_is_joined_to_the_first_until_one_brings_nothing_new(
    found: Client, douyin: ProviderServer
) -> None:
    assert "Next page" in look(found)
    douyin.default = listing(GOODS[0], ("3514453298386183305", 1, 1))
    ask(found, page=2)
    work()
    assert shown(look(found, f"{SEARCH}&page=2&sort=price")) == "51423"
    assert "free: remembered" in look(found)
    ask(found, page=3)
    work()
    page = look(found, f"{SEARCH}&page=25")
    assert "That is all that was found." in page
    assert 'id="ask"' not in page
    assert [call["page"] for call in douyin.calls] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("code", "words", "may_repeat"),
    [("2000", "Nothing found for “dress”", False), ("4001", "The search failed: ", True)],
)
def test_a_search_that_finds_nothing_is_remembered_and_a_failed_one_may_be_tried_again(
    web: Client, douyin: ProviderServer, code: str, words: str, may_repeat: bool
) -> None:
    douyin.default = error(code)
    ask(web)
    work()
    page = look(web)
    assert words in page
    assert ("Try again" in page) is may_repeat
    douyin.default = listing(*GOODS)
    ask(web)
    work()
    assert shown(look(web)) == ("1234" if may_repeat else "")


def test_nobody_is_offered_more_than_their_allowance(found: Client, settings: Settings) -> None:
    settings.PERSON_CHECKS = 1
    WatchlistFactory.create(name="Of another user")
    page = ask(found, q="shirt")
    assert "Your 1 check for today is used. More tomorrow 00:00." in page
    assert 'id="ask"' not in page
    assert SearchPage.objects.count() == 1
    assert shown(look(found)) == "1234", "what is remembered costs nothing"


@pytest.mark.parametrize(
    "stop",
    [
        {"halted_at": NOW},
        {"circuit_opened_at": NOW, "circuit_code": "4016"},
        {"paused_until": NOW.replace(hour=9), "pause_code": "4013"},
    ],
)
def test_while_checks_are_stopped_nothing_is_asked_for_and_what_waits_says_so(
    web: Client, douyin: ProviderServer, stop: dict[str, Any]
) -> None:
    ask(web, q="shirt")
    ProviderAccount.objects.create(**stop)
    page = ask(web)
    assert "No search is possible while checks are stopped." in page
    assert 'id="ask"' not in page
    assert not SearchPage.objects.filter(words="dress").exists()
    assert "The search starts once checks go on." in look(web, "/search/?q=shirt")


def test_foreign_text_stays_text(web: Client, douyin: ProviderServer) -> None:
    plain = HOSTILE.replace("\u202e", "")
    douyin.default = listing(GOODS[0], title=HOSTILE, shop_name=HOSTILE)
    ask(web, q=plain)
    work()
    page = look(web, f"/search/?q={quote(plain)}")
    assert shown(page) == "1"
    for raw in ("<script>alert", "<b hx-post", "\u202e"):
        assert raw not in page, raw


@pytest.mark.parametrize("words", ["长" * 61, "\u200b"])
def test_words_that_cannot_be_searched_are_refused(web: Client, words: str) -> None:
    for page in (look(web, f"/search/?q={words}"), ask(web, q=words)):
        assert re.search("Enter (at most 60 characters|what to search for)", page)
    assert not SearchPage.objects.exists()
