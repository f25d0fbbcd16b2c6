"""Addresses of very many things under one name, without asking the URLconf for each."""

from django.urls import reverse
from django.utils.safestring import SafeString

from monitor.markup import escaped, markup

_ANY = "7777777777777777777"


class Addresses:
    """Those of one name, which takes a product's ID or a key; `query` comes after each."""

    def __init__(self, url_name: str, query: str | None = None) -> None:
        before, after = reverse(url_name, args=[_ANY]).split(_ANY)
        self._before, self._after = escaped(before), escaped(after if query is None else f"{after}?{query}")

    def of(self, key: object) -> SafeString:
        return markup("{}{}{}", self._before, key, self._after)
