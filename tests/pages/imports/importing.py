"""Helpers that add products by a browser's requests."""

from django.test import Client

from monitor.models import Watchlist

ONE, TWO, THREE = "3514453298386183303", "3514453298386183304", "3514453298386183305"
LINK = f"https://haohuo.jinritemai.com/views/product/item2?id={TWO}"
ADD = "/products/add/"


def paste(web: Client, text: str, watchlist: Watchlist | None = None, **fields: object) -> str:
    """Paste `text`; return the address of the import: of its preview if the user has to decide,
    else of its result."""
    target = (
        {"watchlist": watchlist.pk}
        if watchlist
        else {"watchlist": "new", "list_name": "My products"}
    )
    response = web.post(ADD, {"text": text, **target, **fields})
    assert response.status_code == 302, response.content.decode()
    return str(response.headers["Location"])


def look(web: Client, address: str) -> str:
    return web.get(address).content.decode()


def squeezed(page: str) -> str:
    return " ".join(page.split())


def add(web: Client, address: str, **fields: object) -> str:
    return web.post(address, fields, follow=True).content.decode()
