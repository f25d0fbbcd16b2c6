"""A followed shop: from a product to its range, what it launches and sells, and back again."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from monitor.models import Allowance, Assortment, AssortmentEntry, Follow, Product, Watch
from monitor.models.assortments import MOST_PAGES
from monitor.models.watchlists import products_on
from monitor.pages.shop.figures import assortment_figures, price_bands
from monitor.polling.checking import listings
from monitor.polling.recording.ageing import look_back
from monitor.watching.services import add_products, create_watchlist
from tests.models.factories import NOW, AlertFactory, ProductFactory, UserFactory
from tests.models.statements import queries_of_page
from tests.pages import seen_by
from tests.polling.stall import Stall
from tests.provider.servers import ProviderServer, error

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def stall(provider: ProviderServer) -> Stall:
    """A shop of seven products. The user watches the first, and reads the shop three weeks ago if
    they follow it."""
    stall = Stall(provider)
    stall.now = NOW - 21 * DAY
    add_products(stall.watchlist, ["100"], stall.now)
    Product.objects.update(shop=stall.shop, title="衬衫 100", next_check_at=NOW + DAY)
    return stall


@pytest.fixture
def web(stall: Stall) -> Client:
    return seen_by(stall.user)


def read_until_now(stall: Stall) -> None:
    stall.follow()
    stall.on_a_page = 20
    stall.read(timedelta(0))
    stall.read()
    stall.products |= {"200": 990}
    while stall.now < NOW:
        if stall.now == NOW - 3 * DAY:
            stall.products |= {"201": 29900}
            del stall.products["106"]
        stall.read()


def text_of(web: Client, address: str) -> str:
    return re.sub(r"\s+", " ", web.get(address, follow=True).content.decode())


def test_a_product_leads_to_its_shop_which_is_followed_by_one_form(
    web: Client, stall: Stall
) -> None:
    product = text_of(web, "/products/100/")
    assert f'href="/shops/{stall.shop.pk}/?follow=1#follow"' in product
    page = text_of(web, f"/shops/{stall.shop.pk}/?follow=1")
    assert "The first reading takes 1 of your checks a page" in page
    assert "1 day · 5/day" in page
    sent = {"watchlist": stall.watchlist.pk, "interval": 6 * 3600}
    page = web.post(f"/shops/{stall.shop.pk}/follow/", sent, follow=True).content.decode()
    assert "“对手” follows this shop." in page
    assert "Reading is due" in page
    follow = Follow.objects.get()
    assert (follow.interval, follow.shop, Assortment.objects.get().asked_by) == (
        timedelta(hours=6),
        stall.shop,
        stall.user,
    )
    assert 'data-refresh-every="3"' in page, "the page follows the reading"
    listings.read_due(lambda: None, lambda: NOW)
    assert "Next reading" in text_of(web, f"/shops/{stall.shop.pk}/")
    web.post(f"/shops/{stall.shop.pk}/follow/", {**sent, "interval": 86400})
    assert Follow.objects.get().interval == DAY


def test_a_shop_says_when_it_is_read_further_and_that_it_is_too_long(
    web: Client, stall: Stall
) -> None:
    create_watchlist(UserFactory.create(), "别人的")
    Allowance.objects.create(person=stall.user, checks=2)
    stall.now = NOW
    stall.follow()
    stall.read(timedelta(0))
    address = f"/shops/{stall.shop.pk}/"
    assert "Page 3 tomorrow 00:00" in text_of(web, address)
    Assortment.objects.update(read_at=NOW, pages=MOST_PAGES)
    page = text_of(web, address)
    assert "More than 1,000 products: only the first 1,000 are read" in page
    assert not re.search("Launches a week|Alert me to new products", page), "none is told"


def test_what_is_followed_no_longer_can_be_followed_again(web: Client, stall: Stall) -> None:
    follow = stall.follow()
    page = web.post(f"/follows/{follow.pk}/end/", follow=True).content.decode()
    assert "no longer follows" in page
    assert not Follow.objects.exists()
    assert "Undone" in web.post("/follows/undo/", follow=True).content.decode()
    assert (Follow.objects.get().interval, Assortment.objects.get().interval) == (DAY, DAY)
    Watch.objects.all().delete()
    page = web.post(f"/follows/{Follow.objects.get().pk}/end/", follow=True).content.decode()
    assert "no longer follows" in page, "said on the list, as the shop can be seen no longer"
    assert web.get(f"/shops/{stall.shop.pk}/").status_code == 404


def test_a_follower_without_a_product_of_it_sees_the_shop_and_a_stranger_does_not(
    stall: Stall,
) -> None:
    read_until_now(stall)
    Watch.objects.all().delete()
    for path in ("", "range/", "sold/", "series/"):
        assert seen_by(stall.user).get(f"/shops/{stall.shop.pk}/{path}").status_code == 200
        assert (
            seen_by(UserFactory.create()).get(f"/shops/{stall.shop.pk}/{path}").status_code == 404
        )


def test_what_was_launched_and_taken_back_is_told(web: Client, stall: Stall) -> None:
    read_until_now(stall)
    figures = assortment_figures(stall.shop, NOW)
    assert [week.count for week in figures.weeks] == [1, 0, 1, None, None, None, None, None]
    assert [entry.product.num_iid for entry in figures.newest] == ["201", "200"]
    page = text_of(web, f"/shops/{stall.shop.pk}/")
    assert page.count("not read yet") == 5
    moves = page[page.index('id="moments"') :]
    told = re.findall(r'<span class="title">([^<]+)</span>.*?</svg>\s*([a-z ]+?)\s*</span>', moves)
    assert told == [("衬衫 106", "taken back"), ("衬衫 201", "new"), ("衬衫 200", "new")]


def test_a_sum_says_of_how_many_products_it_is_and_what_waits_for_it(
    web: Client, stall: Stall
) -> None:
    read_until_now(stall)
    page = text_of(web, f"/shops/{stall.shop.pk}/")
    assert "of 0 of 8 products" in page
    assert "Rules on it wait until half" in page
    look_back(NOW + DAY)
    stall.read()
    page = text_of(web, f"/shops/{stall.shop.pk}/")
    assert page.count("of 6 of 8 products") == 2, "one is new, one has no checks yet"
    assert "6/7" in page
    assert "Rules on it wait" not in page
    assert "—" in page[page.index("bands-title") :], "of the dearest band nothing is known"


def test_a_climber_sold_more_in_the_last_week_than_in_the_one_before(stall: Stall) -> None:
    """102 always sells 1,000 a day, and so does 103, whose sales nobody saw for two weeks. 104
    crosses a step."""
    stall.follow()
    stall.on_a_page = 20
    for ago in range(21, -1, -1):
        days, late = 21 - ago, max(7 - ago, 0)
        sold = {
            "101": days * 100 + late * 400,
            "102": days * 1000,
            "103": days * 1000,
            "105": 9000 - late * 100,
        }
        stall.sales = {key: str(20_000 + units) for key, units in sold.items()} | {
            "104": "2万+" if ago else "3万+"
        }
        if ago in (17, 3):
            stall.products = dict.fromkeys(sorted(stall.products.keys() ^ {"103"}), 5990)
        stall.read(timedelta(0))
        stall.now += DAY
    look_back(NOW + DAY)
    figures = assortment_figures(stall.shop, NOW)
    assert [(row.num_iid, round(row.sold), round(row.sold_before)) for row in figures.climbers] == [
        ("101", 3500, 700)
    ]
    assert (figures.sold.units or 0) * 7 > 3500 + 7000, (
        "the shop's figure counts its climbers as they are told"
    )
    assert "+3,500 in 7 days, +700 before" in text_of(
        seen_by(stall.user), f"/shops/{stall.shop.pk}/"
    )


def test_price_bands_hold_every_product_once() -> None:
    prices = (990, 1990, 1990, 2990, 4990, 5990, 9900, 12900, 29900, 99900)
    counts = [(price, prices.count(price)) for price in sorted(set(prices))]
    bands = price_bands([(price, count, count, 1.0 * count) for price, count in counts])
    assert (
        sum(band.products for band in bands)
        == len(prices)
        == sum(band.units or 0 for band in bands)
    )
    for band in bands:
        inside = [price for price in prices if (band.low or 0) <= price < (band.high or price + 1)]
        assert len(inside) == band.products
    known = [(band.known, band.units) for band in price_bands([(0, 3, 1, 8.0)])]
    assert known == [(1, None)], "one of three does not stand for all"
    assert price_bands([]) == []


def test_products_of_the_range_are_found_sorted_and_put_on_a_list(
    web: Client, stall: Stall
) -> None:
    read_until_now(stall)

    def shown(query: str) -> list[str]:
        return re.findall(
            r'name="product" value="(\d+)"', text_of(web, f"/shops/{stall.shop.pk}/range/?{query}")
        )

    assert shown("sort=price")[0] == "200"
    assert shown("sort=-since")[:2] == ["201", "200"]
    assert len(shown("show=new")) == assortment_figures(stall.shop, NOW).weeks[0].count, (
        "the link opens what it counts"
    )
    assert shown("show=left") == ["106"]
    Product.objects.update(units_low=5, units=10, units_high=20)
    assert "¥600" in text_of(web, f"/shops/{stall.shop.pk}/range/?q=103")
    assert "¥600" not in text_of(web, f"/shops/{stall.shop.pk}/range/?show=left"), "sold no more"
    assert shown("min=100") == ["201"]
    assert shown("q=103") == ["103"]
    assert "on 对手" in text_of(web, f"/shops/{stall.shop.pk}/range/?q=100")
    strangers = ProductFactory.create(num_iid="999")
    sent = {"watchlist": stall.watchlist.pk, "product": ["200", "103", strangers.num_iid, "x"]}
    page = web.post(f"/shops/{stall.shop.pk}/range/add/", sent, follow=True).content.decode()
    assert "2 products" in page
    assert set(stall.watchlist.watches.values_list("product__num_iid", flat=True)) == {
        "100",
        "103",
        "200",
    }
    assert products_on([stall.watchlist.pk]).count() == 3


def test_many_launches_at_once_are_counted_and_read_with_as_many_queries(
    web: Client, stall: Stall
) -> None:
    read_until_now(stall)
    address = f"/shops/{stall.shop.pk}/"
    few = queries_of_page(web, address)
    stall.products |= {str(300 + number): 9900 + number for number in range(15)}
    stall.read(), stall.read(timedelta(hours=1))
    assert queries_of_page(web, address) == few <= 13
    with time_machine.travel(stall.now, tick=False):
        page = text_of(web, address)
    moves = page[page.index('id="moments"') :]
    assert moves.count('<span class="title">') == 12 + 3
    assert "and 3 more" in moves


def test_a_list_follows_a_shop_by_its_id_its_link_or_a_product(web: Client, stall: Stall) -> None:
    address = f"/watchlists/{stall.watchlist.pk}/shops/"

    def follow(text: str) -> str:
        return web.post(address, {"shop": text, "interval": 86400}, follow=True).content.decode()

    follow("https://haohuo.jinritemai.com/views/product/item2?id=100")
    assert Follow.objects.get().shop == stall.shop
    follow("sNewOne"), follow("https://haohuo.jinritemai.com/views/shop/index?id=sOther")
    assert set(Follow.objects.values_list("shop__shop_id", flat=True)) == {
        "sXahcZg",
        "sNewOne",
        "sOther",
    }
    ProductFactory.create(num_iid="3514453298386100999")
    assert "add the product first" in follow("3514453298386100999"), "others' products are not told"
    assert "Enter a shop" in follow("衬衫")
    assert Follow.objects.count() == 3
    assert text_of(web, address).count("Reading is due") == 3


def test_a_failing_and_an_empty_shop_say_so(web: Client, stall: Stall) -> None:
    stall.products.clear()
    stall.follow()
    stall.replies[1] = lambda _page: error("4008")
    stall.read(timedelta(0))
    page = text_of(web, f"/shops/{stall.shop.pk}/")
    assert "failing for" in page
    assert "(4008)" in page
    assert "Not read yet" in page
    del stall.replies[1]
    Assortment.objects.update(next_check_at=stall.now)
    stall.read()
    assert "This shop lists no products" in text_of(web, f"/shops/{stall.shop.pk}/")


def test_an_alert_about_a_product_that_nobody_watches_leads_to_the_shop(
    web: Client, stall: Stall
) -> None:
    read_until_now(stall)
    product = Product.objects.get(num_iid="200")
    alert = AlertFactory.create(
        watchlist=stall.watchlist, product=product, shop=stall.shop, field="range"
    )
    assert f'href="/shops/{stall.shop.pk}/"' in text_of(web, "/alerts/?show=all")
    page = text_of(web, f"/alerts/{alert.pk}/")
    assert f'href="/shops/{stall.shop.pk}/"' in page
    assert "Add to a list" in page
    assert "Add the product again" not in page
    assert 'href="/products/200/"' not in page
    Follow.objects.all().delete()
    Watch.objects.all().delete()
    AssortmentEntry.objects.all().delete()
    page = text_of(web, f"/alerts/{alert.pk}/")
    assert f'href="/shops/{stall.shop.pk}/"' not in page
    assert "no longer watched" in page
