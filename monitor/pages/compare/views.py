"""Products compared: the prices of one and of others on one chart. What is compared, and how, lives in the URL."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from monitor.history.reads import DEFAULT_RANGE
from monitor.models import Product
from monitor.models.catalog import NUM_IID
from monitor.pages.compare import reads as comparison
from monitor.pages.compare.forms import PERCENT, UNIT_CHOICES, YUAN, CompareForm
from monitor.pages.compare.reads import Compared, Comparison, ComparisonRow
from monitor.pages.shared.answers import PageRequest, page, signed_in
from monitor.pages.shared.charts import as_json, failures, frame, line, statuses, words_of_all
from monitor.pages.shared.product_filters import MOST_OTHERS
from monitor.pages.shared.ranges import chosen_range, odd_range, range_labels
from monitor.text import formatting

REGIONS = ("history", "found")
#: By its letter and its dashes a line is known without its colour, too.
LOOKS = (("A", ""), ("B", "7 3"), ("C", "2 3"), ("D", "10 3 2 3"), ("E", "4 2"), ("F", "14 4"))
LONGEST_NAME = 24


@dataclass(frozen=True, slots=True)
class Address:
    """Where a comparison is found: the product, those it is compared with, the range and the unit."""

    num_iid: str
    others: tuple[str, ...]
    range: str
    unit: str

    def __str__(self) -> str:
        return self.url()

    def url(self, name: str = "compare", **more: str) -> str:
        """The address of the page, or of another view of the same products."""
        told = [("with", one) for one in self.others]
        told += [("range", self.range)] if self.range != DEFAULT_RANGE else []
        told += [("unit", self.unit)] if self.unit != YUAN else []
        told += [(key, value) for key, value in more.items() if value]
        path = reverse(f"monitor:{name}", args=[self.num_iid])
        return f"{path}?{urlencode(told)}" if told else path

    def without(self, num_iid: str) -> "Address":
        """Without one of several products. Once the first one goes, the next stands in its place."""
        first, *others = (one for one in (self.num_iid, *self.others) if one != num_iid)
        return replace(self, num_iid=first, others=tuple(others))


@dataclass(frozen=True, slots=True)
class ComparedIds:
    """The other products that the URL names, and of which of its words nothing could be made."""

    others: tuple[str, ...]
    odd: tuple[str, ...]
    too_many: int


@signed_in
@require_safe
def compare(request: PageRequest, num_iid: str) -> HttpResponse:
    """The page; HTMX may ask for the comparison or for what a search found alone."""
    region = request.htmx.target if request.htmx.target in REGIONS else "history"
    context = _context(request, num_iid)
    response = page(request, "compare.html", context, region=region)
    if region == "history" and request.htmx:
        # What was searched for is nothing to come back to.
        response["HX-Push-Url"] = str(context["address"])
    return response


@signed_in
@require_safe
def series(request: PageRequest, num_iid: str) -> HttpResponse:
    """The price of each product in a range, in fen; a `null` breaks a line where nothing is known."""
    _form, past, address, _notes = _read(request, num_iid)
    return as_json(
        {
            **frame(past.start, past.end),
            "unit": address.unit,
            "lines": [_line(number, told, past) for number, told in enumerate(past.lines)],
            "words": words_of_all(),
        }
    )


def _line(number: int, told: Compared, past: Comparison) -> dict[str, Any]:
    letter, dashes = LOOKS[number]
    return {
        "letter": letter,
        "dashes": [int(length) for length in dashes.split()],
        "name": formatting.one_line(str(told.product), LONGEST_NAME),
        "price": line(told.prices, past.start),
        "reference": told.reference,
        "statuses": statuses(told.statuses),
        "outages": failures(told.outages, past.start),
    }


def _read(request: PageRequest, num_iid: str) -> tuple[CompareForm, Comparison, Address, list[str]]:
    """What the URL asks for, what is known of it, its address, and what is to be said about the rest of the URL."""
    form = CompareForm(request.GET)
    asked = _asked(request.GET.getlist("with"), num_iid)
    try:
        products = comparison.products_for(request.user, num_iid, asked.others)
    except Product.DoesNotExist:
        raise Http404 from None
    name = chosen_range(request)
    others = tuple(product.num_iid for product in products[1:])
    address = Address(num_iid, others, name, form.chosen("unit"))
    gone = [one for one in asked.others if one not in others]
    return form, comparison.comparison(products, name, request.now), address, _notes(asked, gone)


def _asked(told: Sequence[str], num_iid: str) -> ComparedIds:
    pieces = (piece.strip() for text in told for piece in re.split("[,，]", text))
    texts = [text for text in dict.fromkeys(pieces) if text and text != num_iid]
    ids = [text for text in texts if re.fullmatch(NUM_IID, text)]
    odd = tuple(text for text in texts if not re.fullmatch(NUM_IID, text))
    return ComparedIds(tuple(ids[:MOST_OTHERS]), odd, max(0, len(ids) - MOST_OTHERS))


def _notes(asked: ComparedIds, gone: Sequence[str]) -> list[str]:
    notes = []
    if asked.odd:
        texts = ", ".join(formatting.one_line(text, 30) for text in asked.odd[:MOST_OTHERS])
        notes.append(_("No product ID, and left out: %(texts)s.") % {"texts": texts})
    if gone:
        notes.append(_("Not among your products, and left out: %(ids)s.") % {"ids": ", ".join(gone)})
    if n := asked.too_many:
        text = ngettext(
            "At most %(most)d products are compared at a time: %(n)d was left out.",
            "At most %(most)d products are compared at a time: %(n)d were left out.",
            n,
        )
        notes.append(text % {"n": n, "most": MOST_OTHERS + 1})
    return notes


def _context(request: PageRequest, num_iid: str) -> dict[str, Any]:
    form, past, address, notes = _read(request, num_iid)
    products = [told.product for told in past.lines]
    room = MOST_OTHERS - len(address.others)
    search = form.filters
    offered = comparison.offered(request.user, products, search, request.now) if room else []
    rows, more_rows = past.table()
    is_percent = address.unit == PERCENT
    return {
        "nav": "products",
        "form": form,
        "address": address,
        "series": address.url("compare-series"),
        "clear": replace(address, others=()),
        "product": products[0],
        "lines": _legend(past, address),
        "is_known": any(told.prices for told in past.lines),
        "is_percent": is_percent,
        "ranges": [(label, replace(address, range=name), name) for name, label in range_labels().items()],
        "range_label": range_labels()[address.range],
        "units": [(label, replace(address, unit=name), name) for name, label in UNIT_CHOICES],
        "unit_label": dict(UNIT_CHOICES)[address.unit],
        "rows": [(row, _cells(row, past, is_percent)) for row in rows],
        "more_rows": more_rows,
        "notes": notes,
        "ignored": form.ignored() + odd_range(request),
        "room": room,
        "most": MOST_OTHERS + 1,
        "search": search.search,
        "offered": [
            (one, replace(address, others=(*address.others, one.num_iid)).url(q=search.search)) for one in offered
        ],
    }


def _cells(row: ComparisonRow, past: Comparison, is_percent: bool) -> list[tuple[str, str]]:
    """Each price in yuan and, if asked for, in percent of what it was at the start."""
    references = [told.reference if is_percent else None for told in past.lines]
    return [
        (formatting.money(fen), formatting.percent(Decimal(fen) * 100 / reference) if fen and reference else "")
        for fen, reference in zip(row.values, references, strict=True)
    ]


def _legend(past: Comparison, address: Address) -> list[dict[str, Any]]:
    return [
        {
            "number": number,
            "letter": letter,
            "dashes": dashes,
            "told": told,
            "product": told.product,
            "without": address.without(told.product.num_iid) if address.others else None,
        }
        for number, ((letter, dashes), told) in enumerate(zip(LOOKS, past.lines, strict=False), 1)
    ]
