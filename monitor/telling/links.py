"""Links in messages. They start with `SITE_URL`, never with a request's Host header."""

from django.conf import settings
from django.urls import reverse


def link(view: str, *args: str, **query: str) -> str:
    """Return the absolute URL of a named view."""
    return f"{settings.SITE_URL}{reverse(view, args=args, query=query)}"


def on_douyin(num_iid: str) -> str:
    """Return a product's page on Douyin."""
    return f"https://haohuo.jinritemai.com/views/product/item2?id={num_iid}"
