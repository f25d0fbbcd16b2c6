"""Pages tell each user's daily allowance of checks, if several users have lists, and when it is
refilled."""

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from monitor.models import Product, UsageDay, User, Watch, Watchlist
from monitor.models.usage import provider_day
from tests.models.factories import NOW, WatchFactory, WatchlistFactory
from tests.pages.imports.importing import ONE, add, look, paste, squeezed

pytestmark = pytest.mark.django_db
REGION = {"HX-Request": "true", "HX-Target": "header"}
USED_UP = "All 20 checks for today are used. More tomorrow 00:00."
TOO_FEW = "No manual checks are left today. More tomorrow 00:00."


@pytest.fixture(autouse=True)
def twenty_a_day(settings: Settings) -> None:
    settings.PROVIDER_DAILY_CALLS = 200


@pytest.fixture
def watches(watchlist: Watchlist) -> list[Watch]:
    """30 products of the merchant's, while another user has a list too."""
    WatchlistFactory.create(name="Of another user")
    return WatchFactory.create_batch(30, watchlist=watchlist)


def act(web: Client, watches: list[Watch], **more: str) -> str:
    form = {"act": "check", "product": [watch.product.num_iid for watch in watches], **more}
    return squeezed(web.post("/products/many/", form, follow=True).content.decode())


def due() -> int:
    return Product.objects.filter(next_check_at__lte=NOW, asked_at=NOW).count()


def test_checking_many_says_how_many_are_checked_and_when_more_can_be(
    web: Client, watches: list[Watch]
) -> None:
    confirmation = act(web, watches)
    assert "Check 20 of 30 products now? No more until tomorrow 00:00." in confirmation
    assert "30 paid calls" not in confirmation
    page = act(web, watches, confirmed="1")
    assert f"20 products are due now. 10 more are not checked. {USED_UP}" in page
    assert due() == 20


def test_the_product_page_offers_no_check_when_the_allowance_is_used_up(
    web: Client, watches: list[Watch]
) -> None:
    act(web, watches, confirmed="1")
    last = watches[-1].product
    address = f"/products/{last.num_iid}/"
    page = web.get(address).content.decode()
    assert USED_UP in page
    assert f'action="{address}check/' not in page
    web.post(f"{address}check/", headers=REGION)
    assert due() == 20


def test_a_large_import_says_when_its_last_first_check_is_made(
    web: Client, watchlist: Watchlist
) -> None:
    WatchlistFactory.create(name="Of another user")
    for many, days in ((700, 35), (100, 40)):
        first_id = int(ONE) + days * 1000
        address = paste(web, "\n".join(str(first_id + number) for number in range(many)), watchlist)
        result = squeezed(add(web, address))
        assert f"{many} first checks wait, until" in result
        assert Product.objects.order_by("-next_check_at")[0].next_check_at == NOW + timedelta(
            days=days
        )


def test_where_too_few_calls_are_left_no_page_says_that_the_checks_are_used_up(
    web: Client, watches: list[Watch], watchlist: Watchlist
) -> None:
    UsageDay.objects.create(day=provider_day(NOW), reserved=190)
    assert "Check 5 of 30 products now?" in act(web, watches)
    result = act(web, watches, confirmed="1")
    assert f"5 products are due now. 25 more are not checked. {TOO_FEW}" in result
    confirmation = act(web, watches)
    assert TOO_FEW in confirmation
    assert 'name="confirmed"' not in confirmation
    address = paste(web, ONE, watchlist)
    pages = [look(web, f"/products/{watches[-1].product.num_iid}/"), add(web, address)]
    assert [TOO_FEW in page for page in pages] == [True] * 2
    assert not any(
        "of your checks for today are used" in page for page in (result, confirmation, *pages)
    )


def test_a_user_who_is_alone_sees_no_allowance(
    web: Client, merchant: User, watchlist: Watchlist
) -> None:
    watches = WatchFactory.create_batch(30, watchlist=watchlist)
    assert "No more until" not in act(web, watches)
    assert "30 products are due now." in act(web, watches, confirmed="1")
    assert (
        "of your checks" not in web.get(f"/products/{watches[0].product.num_iid}/").content.decode()
    )
