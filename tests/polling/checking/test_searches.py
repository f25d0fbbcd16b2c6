"""Searches by words: asked for once, answered by a worker, remembered for everybody for a day."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from pytest_django.fixtures import Settings

from monitor.models import Charge, SearchPage, Usage, UsageDay, User
from monitor.models.usage import PARTS
from monitor.polling.checking import listings
from monitor.provider.observation import Sales
from monitor.watching.searching import ChecksUsedUpError, search, words_of
from monitor.watching.services import create_watchlist
from monitor.watching.upkeep import clean_up
from tests.polling.stall import DAY, Stall
from tests.polling.story import START
from tests.provider.servers import ProviderServer, error

pytestmark = pytest.mark.django_db
ROUNDED, EXACT = 3542247200207835000, "3542247200207835190"


def reply(query: dict[str, str]) -> dict[str, Any]:
    item = {
        "num_iid": ROUNDED,
        "title": query["q"],
        "promotion_price": "59.9",
        "sales": 32158,
        "shop_name": "某店",
        "detail_url": f"https://haohuo.jinritemai.com/views/product/item2?id={EXACT}",
    }
    return {"error": "", "error_code": "0000", "items": {"total_results": 1900, "item": [item]}}


@pytest.fixture
def ann(provider: ProviderServer) -> User:
    provider.default = reply
    return User.objects.create_user("ann@example.com", "a-password")


def work(after: timedelta = timedelta(0)) -> None:
    listings.read_due(lambda: None, lambda: START + after)


def test_a_search_is_answered_by_a_worker_and_charged_to_who_asked(
    ann: User, provider: ProviderServer
) -> None:
    asked = search(words_of("  连衣裙   女 "), 1, ann, START)
    assert (asked.words, asked.is_known(START)) == ("连衣裙 女", False)
    took = timedelta(seconds=2)
    listings.read_due(lambda: None, lambda: START + len(provider.calls) * took)
    found = SearchPage.objects.get()
    [product] = found.listed
    assert (product.num_iid, product.price, product.sales, product.shop_name) == (
        EXACT,
        5990,
        Sales(32158, 1),
        "某店",
    )
    assert found.is_known(START + took)
    [charge] = Charge.objects.all()
    assert (charge.person, charge.reason, charge.parts) == (ann, "asked", PARTS)
    usage = Usage.objects.get()
    assert (usage.api, usage.calls, usage.seconds) == ("item_search", 1, 2)
    assert UsageDay.objects.get().asked == 1


def test_the_same_search_costs_everybody_one_call_a_day(
    ann: User, provider: ProviderServer
) -> None:
    bob = User.objects.create_user("bob@example.com", "a-password")
    search("连衣裙", 1, ann, START)
    search("连衣裙", 1, bob, START)
    work()
    assert search("连衣裙", 1, bob, START + timedelta(hours=23)).listed
    work(timedelta(hours=23))
    assert len(provider.calls) == 1
    search("连衣裙", 2, bob, START)
    search("连衣裙", 1, bob, START + DAY)
    work(DAY)
    assert [query["page"] for query in provider.calls] == ["1", "2", "1"]
    assert [charge.parts for charge in Charge.objects.filter(person=bob)] == [2 * PARTS]


def test_a_search_that_finds_nothing_is_remembered_and_one_that_fails_is_not(
    ann: User, provider: ProviderServer
) -> None:
    provider.default = error("2000")
    search("没有", 1, ann, START)
    work()
    nothing = SearchPage.objects.get()
    assert (nothing.listed, nothing.outcome, nothing.is_known(START)) == ([], "", True)
    provider.default = error("4001")
    search("连衣裙", 1, ann, START)
    work()
    failed = SearchPage.objects.get(words="连衣裙")
    assert (failed.code, failed.is_known(START), failed.asked_at) == ("4001", False, None)
    provider.default = reply
    search("连衣裙", 1, ann, START)
    work()
    assert SearchPage.objects.get(words="连衣裙").is_known(START)


def test_a_search_waits_for_no_reading_of_a_shop(provider: ProviderServer) -> None:
    stall = Stall(provider)
    stall.follow()
    shops = provider.default
    provider.default = lambda query: reply(query) if "q" in query else shops(query)  # type: ignore[operator]
    search("连衣裙", 1, stall.user, START)
    work()
    assert ["q" in query for query in provider.calls] == [True, False, False, False, False]


def test_nobody_searches_beyond_their_allowance(ann: User, settings: Settings) -> None:
    settings.PERSON_CHECKS = 3
    create_watchlist(ann, "我的")
    create_watchlist(User.objects.create_user("bob@example.com", "a-password"), "别的")
    for page in (1, 2, 3):
        search("连衣裙", page, ann, START)
    with pytest.raises(ChecksUsedUpError):
        search("连衣裙", 4, ann, START)
    work()
    with pytest.raises(ChecksUsedUpError):
        search("连衣裙", 4, ann, START)
    assert search("连衣裙", 3, ann, START).listed, "what is remembered costs nothing"


@pytest.mark.parametrize("typed", ["", "  ", "\u200b", "长" * 61])
def test_words_that_are_none_or_too_many_are_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        words_of(typed)


def test_old_searches_are_forgotten(ann: User) -> None:
    search("连衣裙", 1, ann, START)
    work()
    clean_up(START + timedelta(hours=23))
    assert SearchPage.objects.exists()
    clean_up(START + 2 * DAY)
    assert not SearchPage.objects.exists()
