"""The pages say what a person may ask to have checked a day, where several people have lists, and when more."""

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from monitor.models import Product, User, Watch, Watchlist
from tests.factories import NOW, WatchFactory, WatchlistFactory
from tests.web.importing import ONE, add, look, paste, squeezed

pytestmark = pytest.mark.django_db
REGION = {"HX-Request": "true", "HX-Target": "header"}


@pytest.fixture(autouse=True)
def twenty_a_day(settings: Settings) -> None:
    settings.PROVIDER_DAILY_CALLS = 200


@pytest.fixture
def watches(watchlist: Watchlist) -> list[Watch]:
    """30 products of the merchant's, while somebody else has a list, too."""
    WatchlistFactory.create(name="Of somebody else")
    return WatchFactory.create_batch(30, watchlist=watchlist)


def act(web: Client, watches: list[Watch], **more: str) -> str:
    form = {"act": "check", "product": [one.product.num_iid for one in watches], **more}
    return squeezed(web.post("/products/many/", form, follow=True).content.decode())


def due() -> int:
    return Product.objects.filter(next_check_at__lte=NOW, asked_at=NOW).count()


def test_checking_many_says_how_many_are_checked_and_when_more_can_be(web: Client, watches: list[Watch]) -> None:
    asked = act(web, watches)
    assert "30 paid calls; 200 of today's calls are left. Today you may ask for 20 more checks" in asked
    assert "(allowance: 20 a day); it fills again tomorrow 00:00." in asked
    said = act(web, watches, confirmed="1")
    assert "20 products are due now. 10 more checks would pass your allowance of 20 a day." in said
    assert "Ask again from tomorrow 00:00 on." in said
    assert due() == 20


def test_the_product_page_offers_no_check_when_the_allowance_is_used_up(web: Client, watches: list[Watch]) -> None:
    act(web, watches, confirmed="1")
    last = watches[-1].product
    address = f"/products/{last.num_iid}/"
    page = web.get(address).content.decode()
    assert "Your allowance is 20 checks a day; it fills again tomorrow 00:00." in page
    assert f'action="{address}check/' not in page
    web.post(f"{address}check/", headers=REGION)
    assert due() == 20


def test_a_check_beyond_the_quota_of_its_list_is_refused_in_words(
    web: Client, watches: list[Watch], watchlist: Watchlist
) -> None:
    Watchlist.objects.filter(pk=watchlist.pk).update(quota=0)
    address = f"/products/{watches[0].product.num_iid}/check/"
    says = "1 more check would pass the quota of its list. Ask again from tomorrow 00:00 on."
    assert says in web.post(address, headers=REGION).content.decode()
    assert says in web.post(address, follow=True).content.decode()
    assert due() == 0


def test_an_import_says_which_first_checks_are_made_at_once(
    web: Client, watches: list[Watch], watchlist: Watchlist
) -> None:
    address = paste(web, "\n".join(str(int(ONE) + number) for number in range(30)), watchlist)
    preview = squeezed(look(web, address))
    assert "20 first checks are made at once; 200 calls are left today. 10 first checks are made within 12 h" in preview
    assert "Your allowance is 20 checks a day; it fills again tomorrow 00:00." in preview
    result = squeezed(add(web, address, watchlist))
    assert due() == 20
    assert "10 first checks are made as the day's calls allow, the last one " in result


def test_whoever_shares_the_calls_with_nobody_hears_of_no_allowance(
    web: Client, merchant: User, watchlist: Watchlist
) -> None:
    watches = WatchFactory.create_batch(30, watchlist=watchlist)
    assert "allowance" not in act(web, watches)
    assert "30 products are due now." in act(web, watches, confirmed="1")
    assert "allowance" not in web.get(f"/products/{watches[0].product.num_iid}/").content.decode()
