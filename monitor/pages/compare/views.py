"""Compares products: who is cheaper, by how much? The products, the range and the unit live in the
URL."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse

from monitor.models.catalog import NUM_IID
from monitor.pages.compare.reads import (
    Compared,
    comparison,
    offered,
    products_for,
)
from monitor.pages.shared.answers import PageRequest, page, signed_in
from monitor.pages.shared.charts import (
    as_json,
    failures,
    frame,
    simplified_line,
    statuses,
    words_of_all,
)
from monitor.pages.shared.fields import ProductSearch
from monitor.pages.shared.ranges import RANGE_LABELS, chosen_range
from monitor.provider.observation import Status
from monitor.showing.history.moves import move
from monitor.showing.history.reads import DEFAULT_RANGE
from monitor.showing.reads.products import MOST_OTHERS
from monitor.text import formatting

REGIONS = ("history", "found")
#: The letters and dashes identify a line without its colour.
LOOKS = (("A", ""), ("B", "7 3"), ("C", "2 3"), ("D", "10 3 2 3"), ("E", "4 2"), ("F", "14 4"))
LONGEST_NAME = 24
YUAN, PERCENT = "yuan", "percent"
UNIT_CHOICES = [(YUAN, "¥"), (PERCENT, "%")]
#: On one scale in yuan, a price this many times as high makes another one a flat line.
FAR_APART = 3


class CompareForm(ProductSearch):
    """The search for more products, and the unit of prices."""

    unit = forms.ChoiceField(required=False, initial="", choices=UNIT_CHOICES)


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a comparison: the product, the others, the range and the chosen unit, or
    ''."""

    num_iid: str
    others: tuple[str, ...]
    range: str
    unit: str

    def __str__(self) -> str:
        return self.url()

    def url(self, name: str = "compare", **more: str) -> str:
        """Return the address of the page, or of another view of the same products."""
        query: dict[str, Any] = {"with": self.others}
        if self.range != DEFAULT_RANGE:
            query["range"] = self.range
        query |= {key: value for key, value in {"unit": self.unit, **more}.items() if value}
        return reverse(f"monitor:{name}", args=[self.num_iid], query=query)

    def without(self, num_iid: str) -> "Address":
        """Return the address without one of several products. The next one takes the place of the
        first."""
        first, *others = (other for other in (self.num_iid, *self.others) if other != num_iid)
        return replace(self, num_iid=first, others=tuple(others))


@signed_in("GET")
def compare(request: PageRequest, num_iid: str) -> HttpResponse:
    """Show the page. HTMX may ask for the comparison or the search results alone."""
    region = request.htmx.target if request.htmx.target in REGIONS else "history"
    context = _context(request, num_iid)
    response = page(request, "compare.html", context, region=region)
    if region == "history" and request.htmx:
        # The search is not part of the address.
        response["HX-Push-Url"] = str(context["address"])
    return response


@signed_in("GET")
def series(request: PageRequest, num_iid: str) -> HttpResponse:
    """Return the price of each product in a range, in fen. A `null` breaks a line where nothing is
    known."""
    _form, lines, address = read_comparison(request, num_iid)
    return as_json(
        {
            **frame(lines[0].past.start, request.now),
            "unit": shown_unit(lines, address),
            "lines": [_line(number, compared) for number, compared in enumerate(lines)],
            "words": words_of_all(),
        }
    )


def _line(number: int, compared: Compared) -> dict[str, Any]:
    (letter, dashes), past = LOOKS[number], compared.past
    return {
        "letter": letter,
        "dashes": [int(length) for length in dashes.split()],
        "name": formatting.one_line(str(compared.product), LONGEST_NAME),
        **simplified_line(compared.prices, past.start, past.end),
        "reference": compared.reference,
        "statuses": statuses(past.statuses),
        "outages": failures(past.outages, past.start),
    }


def read_comparison(
    request: PageRequest, num_iid: str
) -> tuple[CompareForm, list[Compared], Address]:
    """Return the form, the compared products and the address, without parts of the URL that name
    none of the user's products."""
    form = CompareForm(request.GET)
    asked = dict.fromkeys(request.GET.getlist("with"))
    ids = [text for text in asked if text != num_iid and re.fullmatch(NUM_IID, text)]
    products = products_for(request.user, num_iid, ids[:MOST_OTHERS])
    range_name = chosen_range(request)
    others = tuple(product.num_iid for product in products[1:])
    address = Address(num_iid, others, range_name, form.chosen("unit"))
    return form, comparison(products, range_name, request.now), address


def shown_unit(lines: Sequence[Compared], address: Address) -> str:
    """Return the chosen unit; without one, percent of each product's first price if the prices are
    far apart."""
    prices = [price for line in lines if (price := line.product.current_price)]
    is_far = len(prices) > 1 and max(prices) >= FAR_APART * min(prices)
    return address.unit or (PERCENT if is_far else YUAN)


def _context(request: PageRequest, num_iid: str) -> dict[str, Any]:
    form, lines, address = read_comparison(request, num_iid)
    products = [compared.product for compared in lines]
    room = MOST_OTHERS - len(address.others)
    search = form.filters
    candidates = offered(request.user, products, search, request.now) if room else []
    unit = shown_unit(lines, address)
    return {
        "nav": "products",
        "form": form,
        "address": address,
        "series": address.url("compare-series"),
        "clear": replace(address, others=()),
        "product": products[0],
        "lines": table_rows(lines, address),
        "is_known": any(compared.prices for compared in lines),
        "is_percent": unit == PERCENT,
        "ranges": [
            (label, replace(address, range=name), name) for name, label in RANGE_LABELS.items()
        ],
        "range_label": RANGE_LABELS[address.range],
        "units": [(label, replace(address, unit=name), name) for name, label in UNIT_CHOICES],
        "unit": unit,
        "unit_label": dict(UNIT_CHOICES)[unit],
        "room": room,
        "most": MOST_OTHERS + 1,
        "search": search.search,
        "offered": [
            (
                product,
                replace(address, others=(*address.others, product.num_iid)).url(q=search.search),
            )
            for product in candidates
        ],
    }


def table_rows(lines: Sequence[Compared], address: Address) -> list[dict[str, Any]]:
    """Return a row for each product: how much cheaper or dearer it is than the first one, and what
    it sells."""
    first, *_others = [compared.product for compared in lines]
    on_sale = [
        line.product.current_price
        for line in lines
        if line.product.status in (None, Status.ON_SALE)
    ]
    prices = [price for price in on_sale if price is not None]
    cheapest = min(prices) if len(set(prices)) > 1 else None
    return [
        {
            "number": number,
            "letter": letter,
            "dashes": dashes,
            "compared": compared,
            "product": compared.product,
            "gap": move(first.current_price, compared.product.current_price)
            if compared.product != first
            else None,
            "is_cheapest": cheapest is not None and compared.product.current_price == cheapest,
            "without": address.without(compared.product.num_iid) if address.others else None,
        }
        for number, ((letter, dashes), compared) in enumerate(zip(LOOKS, lines, strict=False), 1)
    ]
