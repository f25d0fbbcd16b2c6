"""The cost of pages with very many products: CPU compared with a bare Django page, statements, and
bytes."""

import gzip
from collections.abc import Iterator
from datetime import timedelta
from statistics import median
from urllib.parse import urlencode

import time_machine
from django.db.models import QuerySet
from django.utils import timezone

from monitor.models import ApiToken, Follow, Product, User, Watch
from monitor.models.figures import SORTS
from monitor.people.api_tokens import make_token
from tests.bench.report import Figure
from tests.bench.seeding import MERCHANT, SEARCH_PAGES, SEARCHED
from tests.bench.server import Provider
from tests.bench.web import Browser, Measured

#: How often a page is requested. The orders of one table differ in little but their index.
ROUNDS, ROUNDS_OF_ORDERS = 15, 9
#: The budget in bare pages: of a page, and of a past of 20,000 snapshots.
MOST, MOST_OF_A_LONG_PAST = 8, 15
MOST_STATEMENTS = 12
#: Kilobytes of the data of a chart.
MOST_DATA = 30


def run(provider: Provider) -> Iterator[Figure]:
    merchant = User.objects.get(email=MERCHANT)
    # As of the time when the data end, however old the database is.
    with time_machine.travel(Watch.objects.earliest("pk").created_at):
        browser = Browser(merchant)
        follows = merchant.watchlists.earliest("pk").follows.order_by("pk")
        if follows:
            yield from _figures(browser, _of_shops(follows), ROUNDS)
        else:
            yield from _figures(browser, _pages(merchant), ROUNDS)
            yield from _figures(browser, _orders(), ROUNDS_OF_ORDERS)
            yield from _long_past(browser)
            yield from _of_api(browser, merchant)
        yield Figure("a bare page: CPU", median(browser.bare), "ms")


def _figures(browser: Browser, pages: dict[str, str], rounds: int) -> Iterator[Figure]:
    for name, address in pages.items():
        yield from _of_page(name, browser.measure(address, rounds))


def _of_page(name: str, page: Measured) -> Iterator[Figure]:
    yield Figure(f"{name}: CPU / bare page", page.bare_pages, most=MOST)
    yield Figure(f"{name}: statements", page.statements, most=MOST_STATEMENTS)


def _pages(merchant: User) -> dict[str, str]:
    products = Watch.objects.for_user(merchant).values("product").distinct().count()
    # Not a copy of the first one, which has a long past.
    product = Product.objects.filter(watches__watchlist__owner=merchant).order_by("pk")[
        products // 2 + 10
    ]
    return {
        "Today": "/",
        "Usage": "/usage/",
        "Products": "/products/",
        f"Products, page {products // 50:,}": f"/products/?page={products // 50}",
        "Products of a list": f"/products/?list={merchant.watchlists.earliest('pk').pk}",
        "Products on sale": "/products/?status=on_sale",
        "Products failing": "/products/?status=failing",
        "Products changed in 24 h": "/products/?changed=24h",
        "Products of a shop": f"/products/?shop={product.shop_id}",
        "Products with 显瘦 in the title": "/products/?q=%E6%98%BE%E7%98%A6",
        "Products with what nothing has in it": "/products/?q=%E6%B2%A1%E6%9C%89%E7%9A%84",
        "Product": f"/products/{product.num_iid}/",
        "Product, whole past": f"/products/{product.num_iid}/?range=all",
        "Shop": f"/shops/{product.shop_id}/",
        "Alerts": "/alerts/",
        "Alerts, read ones too": "/alerts/?show=all",
        "Watchlists": "/watchlists/",
    }


def _of_shops(follows: QuerySet[Follow]) -> dict[str, str]:
    watch, (large, shop) = Watch.objects.earliest("pk"), [follow.shop_id for follow in follows[:2]]
    return {
        "Shop of 20,000": f"/shops/{large}/",
        "Shop of 20,000, its sales": f"/shops/{large}/sold/",
        "Range of 20,000": f"/shops/{large}/range/",
        "Range of 20,000, page 2": f"/shops/{large}/range/?page=2",
        "Range of 20,000, page 300": f"/shops/{large}/range/?page=300&sort=-since",
        "Range of 20,000, new ones": f"/shops/{large}/range/?show=new&sort=price",
        "Range of 20,000, with 显瘦 in the title": (
            f"/shops/{large}/range/?{urlencode({'q': '显瘦', 'min': 50})}"
        ),
        "Shop of 200": f"/shops/{shop}/",
        "Range of 200": f"/shops/{shop}/range/",
        "A list's followed shops": f"/watchlists/{watch.watchlist_id}/shops/",
        "Search": f"/search/?{urlencode({'q': SEARCHED})}",
        "Search, 25 pages": (
            f"/search/?{urlencode({'q': SEARCHED, 'page': SEARCH_PAGES, 'sort': 'price'})}"
        ),
        "Rivals": "/rivals/",
        "Rivals, page 20": "/rivals/?page=20&sort=index",
        "Choosing my product": "/rivals/add/",
        "Choosing my product, 显瘦": "/rivals/add/?q=%E6%98%BE%E7%98%A6",
        "Choosing rivals": f"/rivals/{watch.pk}/",
        "Choosing rivals, 显瘦": f"/rivals/{watch.pk}/?q=%E6%98%BE%E7%98%A6",
    }


def _orders() -> dict[str, str]:
    return {
        f"Products by {sort}": f"/products/?sort={sort}"
        for name in SORTS
        for sort in (name, f"-{name}")
    }


def _long_past(browser: Browser) -> Iterator[Figure]:
    product = Product.objects.earliest("pk")
    name = f"a past of {product.snapshots.count():,} snapshots"
    page = browser.measure(f"/products/{product.num_iid}/?range=all", ROUNDS)
    data = browser.measure(f"/products/{product.num_iid}/series/?range=all", ROUNDS)
    size = len(data.response.content)
    if not data.response.has_header("Content-Encoding"):
        size = len(gzip.compress(data.response.content))
    yield Figure(f"{name}: CPU / bare page", page.bare_pages, most=MOST_OF_A_LONG_PAST)
    yield Figure(f"{name}, its data: CPU / bare page", data.bare_pages, most=MOST_OF_A_LONG_PAST)
    yield Figure(f"{name}, its data: compressed", size / 1000, "KB", most=MOST_DATA)


def _of_api(browser: Browser, merchant: User) -> Iterator[Figure]:
    watchlist = merchant.watchlists.earliest("pk").pk
    addresses = {
        "100 products": "products?limit=100",
        "100 watches": f"watchlists/{watchlist}/watches?limit=100",
        "100 alerts": "alerts?limit=100",
    }
    for name, address in addresses.items():
        # A token each: they are throttled.
        now, read = timezone.now(), ApiToken.Scope.READ
        _, token = make_token(merchant, name, timedelta(days=1), now, scope=read, watchlist=None)
        headers = {"Authorization": f"Bearer {token}"}
        yield from _of_page(f"API, {name}", browser.measure(f"/api/v1/{address}", ROUNDS, headers))
