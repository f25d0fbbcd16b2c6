"""On which terms a list follows a shop: what would join it is shown before, saved, and undone."""

import re

import pytest
from django.test import Client

from monitor.models import Follow, Watch
from monitor.watching.following import add_matching
from monitor.watching.services import remove
from tests.pages import seen_by
from tests.polling.stall import Stall
from tests.provider.servers import ProviderServer

pytestmark = pytest.mark.django_db
SENT = {"interval": 86400, "adds": "all", "words": "衬衫", "lowest": "", "highest": "40", "most": 2}


@pytest.fixture
def stall(provider: ProviderServer) -> Stall:
    """A shop of products for 9.90, 19.90 … 69.90, read once, that a list follows."""
    stall = Stall(provider)
    stall.products = {str(100 + number): 990 + 1000 * number for number in range(7)}
    stall.follow()
    stall.read()
    return stall


@pytest.fixture
def web(stall: Stall) -> Client:
    return seen_by(stall.user)


def on_list(stall: Stall) -> set[str]:
    add_matching(stall.now)
    return set(stall.watchlist.watches.values_list("product__num_iid", flat=True))


def sent(web: Client, **changed: object) -> str:
    answer = web.post(f"/follows/{Follow.objects.get().pk}/", {**SENT, **changed}, follow=True)
    return re.sub(r"\s+", " ", answer.content.decode())


def test_what_would_join_is_counted_as_the_page_behind_the_count_shows_it(
    web: Client, stall: Stall
) -> None:
    page = sent(web, preview=1)
    assert "4 products match now" in page
    assert "On the list: 0 of at most 2. 2 more cost about 2 checks a day." in page
    [link] = re.findall(r'href="([^"]+/range/[^"]*)"', page)
    shown = web.get(link.replace("&amp;", "&")).content.decode()
    assert len(re.findall(r'name="product" value="\d+"', shown)) == 4
    page = sent(web, preview=1, adds="new")
    assert "4 products match now" in page
    assert "New ones will join" in page
    assert "0 products match now" in sent(web, preview=1, lowest="50")
    assert "Nothing joins the list by itself" in sent(web, preview=1, adds="")
    assert Follow.objects.get().adds == ""


def test_what_is_saved_joins_is_counted_on_both_pages_and_is_undone(
    web: Client, stall: Stall
) -> None:
    assert "“对手” follows “古蒂歌精品女装店” on new terms." in sent(web)
    assert on_list(stall) == {"100", "101"}
    for address in (f"/shops/{stall.shop.pk}/", f"/watchlists/{stall.watchlist.pk}/shops/"):
        assert "2 / 2" in web.get(address).content.decode()
    assert "Undone" in web.post("/follows/undo/", follow=True).content.decode()
    follow = Follow.objects.get()
    assert (follow.adds, follow.words, follow.highest) == ("", "", None)
    assert on_list(stall) == {"100", "101"}, "what has joined stays"


def test_other_terms_hold_for_all_that_is_listed_and_the_same_ones_for_what_comes(
    web: Client, stall: Stall
) -> None:
    sent(web)
    on_list(stall)
    remove(Watch.objects.all(), stall.now)
    sent(web, interval=6 * 3600)
    assert on_list(stall) == set(), "what was removed stays away"
    sent(web, most=3)
    assert on_list(stall) == {"100", "101", "102"}
    sent(web, adds="new", most=20)
    stall.products |= {"200": 1990}
    assert len(on_list(stall)) == 3
    stall.read()
    assert on_list(stall) == {"100", "101", "102", "200"}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"lowest": "50"}, "It is below the lowest price."),
        ({"lowest": "x"}, "Enter an amount in yuan"),
        ({"most": 501}, "less than or equal to 500"),
        ({"most": 0}, "greater than or equal to 1"),
        ({"words": "衬" * 101}, "at most 100 characters"),
        ({"interval": 60}, "Select a valid choice"),
        ({"adds": "old"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_saved(
    web: Client, stall: Stall, wrong: dict[str, object], words: str
) -> None:
    page = sent(web, **wrong)
    assert words in page
    assert 'value="40"' in page, "what was typed is kept"
    assert Follow.objects.get().adds == ""
