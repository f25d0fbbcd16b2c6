"""The cost of pages with very many products: server time, statements and bytes, for one slow client."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import time_machine
from django.utils import timezone

from monitor.accounts.api_tokens import make_token
from monitor.models import ApiToken, Product, User, Watch
from monitor.models.product_index import SORTS
from tests.bench.figures import Figure, at_most
from tests.bench.server import Provider
from tests.bench.web import Browser, Headers, first_load

MERCHANT = "bench@example.com"
ROUNDS, QUICK_ROUNDS = 40, 10
DAY = timedelta(days=1)
REGION = {"HX-Request": "true"}
MEDIAN_MS, P95_MS, MOST_STATEMENTS, MOST_HTML, MOST_SWAP = 50, 120, 12, 20, 25
#: Milliseconds of CPU for an open page's request without news.
MOST_LOOK = 10
#: Kilobytes of a first load.
MOST_PLAIN, MOST_WITH_CHARTS = 120, 250


def run(provider: Provider, quick: bool) -> Iterator[Figure]:
    merchant = User.objects.get(email=MERCHANT)
    rounds = QUICK_ROUNDS if quick else ROUNDS
    with time_machine.travel(_made_at()):
        browser = Browser(merchant)
        for name, address in _pages(merchant).items():
            yield from _page(browser, name, address, rounds)
        yield from _first_and_swap(browser, rounds)
        yield from _looks(browser, rounds)
        for name, (address, most) in _first_loads().items():
            yield Figure(f"{name}: first load, compressed", first_load(browser, address) / 1000, "KB", at_most(most))
        yield from _series(browser, rounds)
        for name, address in _of_api(merchant).items():
            # A token each: they are throttled.
            _, token = make_token(merchant, name, DAY, timezone.now(), scope=ApiToken.Scope.READ, watchlist=None)
            headers = {"Authorization": f"Bearer {token}"}
            yield from _page(browser, f"API, {name}", f"/api/v1/{address}", rounds, headers)


def _made_at() -> datetime:
    """The time when the data end: pages are measured as of then, however old the database is."""
    return Watch.objects.earliest("pk").created_at


def _pages(merchant: User) -> dict[str, str]:
    products = Watch.objects.for_user(merchant).values("product").distinct().count()
    last = -(-products // 50)
    watchlist = merchant.watchlists.earliest("pk").pk
    # A product and its shop, of medium length as most are.
    product = Product.objects.order_by("pk")[products // 2]
    sorts = {f"Products by {sort}": f"/products/?sort={sort}" for name in SORTS for sort in (name, f"-{name}")}
    return {
        "Today": "/",
        "Usage": "/usage/",
        "Products": "/products/",
        **sorts,
        f"Products, page {last // 2:,}": f"/products/?page={last // 2}",
        f"Products, page {last:,}": f"/products/?page={last}",
        f"Products by price, page {last // 2:,}": f"/products/?sort=price&page={last // 2}",
        "Products of a list": f"/products/?list={watchlist}",
        "Products on sale": "/products/?status=on_sale",
        "Products off the shelf": "/products/?status=off_shelf",
        "Products failing": "/products/?status=failing",
        "Products paused": "/products/?status=paused",
        "Products changed in 24 h": "/products/?changed=24h",
        "Products from ¥50 to ¥100": "/products/?min=50&max=100",
        "Products of a shop": f"/products/?shop={product.shop_id}",
        "Products with 显瘦 in the title": "/products/?q=%E6%98%BE%E7%98%A6",
        "Products of 杭州半帘月": "/products/?q=%E6%9D%AD%E5%B7%9E%E5%8D%8A%E5%B8%98%E6%9C%88",
        "Products with what nothing has in it": "/products/?q=%E6%B2%A1%E6%9C%89%E7%9A%84",
        "Product": f"/products/{product.num_iid}/",
        "Product, whole past": f"/products/{product.num_iid}/?range=all",
        "Shop": f"/shops/{product.shop_id}/",
        "Product of 20,000 snapshots": f"/products/{Product.objects.earliest('pk').num_iid}/?range=all",
        "Alerts": "/alerts/",
        "Alerts, read ones too": "/alerts/?show=all",
        "Watchlists": "/watchlists/",
    }


def _of_api(merchant: User) -> dict[str, str]:
    watchlist = merchant.watchlists.earliest("pk").pk
    return {
        "100 products": "products?limit=100",
        "100 watches": f"watchlists/{watchlist}/watches?limit=100",
        "100 alerts": "alerts?limit=100",
    }


def _first_loads() -> dict[str, tuple[str, int]]:
    """Pages, and the kilobytes that each may take at first with all its files: more with a chart."""
    product = Product.objects.order_by("pk")[1]
    plain = {"Today": "/", "Products": "/products/", "Alerts": "/alerts/", "Watchlists": "/watchlists/"}
    charts = {"Product": f"/products/{product.num_iid}/", "Shop": f"/shops/{product.shop_id}/", "Usage": "/usage/"}
    return {name: (address, MOST_PLAIN) for name, address in plain.items()} | {
        name: (address, MOST_WITH_CHARTS) for name, address in charts.items()
    }


def _page(browser: Browser, name: str, address: str, rounds: int, headers: Headers | None = None) -> Iterator[Figure]:
    measured = browser.measure(address, rounds, headers)
    yield Figure(f"{name}: median", measured.median, "ms", at_most(MEDIAN_MS))
    yield Figure(f"{name}: 95 of 100 within", measured.p95, "ms", at_most(P95_MS))
    yield Figure(f"{name}: CPU of the web process", measured.cpu, "ms")
    yield Figure(f"{name}: statements", measured.statements, "", at_most(MOST_STATEMENTS))


def _first_and_swap(browser: Browser, rounds: int) -> Iterator[Figure]:
    page = browser.measure("/products/", rounds)
    swap = browser.measure("/products/?sort=price", rounds, REGION)
    yield Figure("Products, 50 a page: median", page.median, "ms", at_most(MEDIAN_MS))
    yield Figure("Products, 50 a page: HTML, compressed", page.answer.compressed / 1000, "KB", at_most(MOST_HTML))
    yield Figure("Products, swapped: median", swap.median, "ms", at_most(MEDIAN_MS))
    yield Figure("Products, swapped: HTML, compressed", swap.answer.compressed / 1000, "KB", at_most(MOST_SWAP))


def _looks(browser: Browser, rounds: int) -> Iterator[Figure]:
    """The cost of an open page's request for news when there is none."""
    for name, address in {"Today": "/", "Products": "/products/", "Alerts": "/alerts/"}.items():
        version = re.search(r'data-refresh="[^"]+"\s+data-version="([^"]+)"', browser.get(address).text)
        assert version, f"{address} has no version"
        headers = {**REGION, "If-None-Match": f'W/"{version[1]}"'}
        measured = browser.measure(address, rounds, headers, status=304)
        yield Figure(f"{name}, unchanged: CPU", measured.cpu, "ms", at_most(MOST_LOOK))
        yield Figure(f"{name}, unchanged: statements", measured.statements, "", at_most(4))


def _series(browser: Browser, rounds: int) -> Iterator[Figure]:
    num_iid = Product.objects.earliest("pk").num_iid
    measured = browser.measure(f"/products/{num_iid}/series/?range=all", rounds)
    yield Figure("points of 20,000 snapshots: 95 of 100 within", measured.p95, "ms", at_most(P95_MS))
    yield Figure("points of 20,000 snapshots: compressed", measured.answer.compressed / 1000, "KB", at_most(30))
