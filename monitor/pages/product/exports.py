"""A product's history as CSV and Excel: a row for each state."""

from collections.abc import Iterator
from datetime import datetime

from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from monitor.models import Product, Snapshot
from monitor.pages.shared.answers import PageRequest, find_product, signed_in
from monitor.pages.shared.ranges import chosen_range
from monitor.pages.shared.sheets import Cell, file_answer, on_clock, table, yuan
from monitor.provider.observation import GONE
from monitor.showing.history.reads import starts_at
from monitor.showing.reads.words import value_in_words
from monitor.text import formatting

CHUNK = 1000


@signed_in("GET", is_file=True)
def as_file(request: PageRequest, num_iid: str, extension: str) -> HttpResponseBase:
    """Send the states in a range: prices in yuan, times on the user's clock."""
    product, range_name = find_product(request, num_iid), chosen_range(request)
    states = states_since(product, starts_at(product, range_name, request.now))
    rows = table(_heads(), lambda state: [product.num_iid, *_cells(state)], states)
    return file_answer(rows, product.num_iid, f"{product.num_iid}-{range_name}", extension)


def states_since(product: Product, since: datetime) -> Iterator[Snapshot]:
    """Return the states that were first seen from `since` on, in order. One query, in chunks."""
    states = Snapshot.objects.filter(product=product, data_time__gte=since)
    return states.order_by("data_time").iterator(CHUNK)


def _heads() -> list[str]:
    zone = timezone.get_current_timezone()
    return [
        _("Product ID"),
        _("Data time") + f" ({zone})",
        _("Price"),
        _("List price"),
        _("Lowest SKU price"),
        _("Highest SKU price"),
        _("Sold"),
        _("Sales rounded to"),
        _("Status"),
        _("Title"),
        _("State before last seen"),
        _("From the provider's cache"),
        _("Request ID"),
    ]


def _cells(state: Snapshot) -> list[Cell]:
    prices = [state.price, state.list_price, state.sku_min_price, state.sku_max_price]
    return [
        on_clock(state.data_time),
        # What is gone has no price.
        *([None] * len(prices) if state.status in GONE else map(yuan, prices)),
        state.sales,
        state.sales_step,
        value_in_words("status", state.status),
        formatting.one_line(state.title or ""),
        on_clock(state.last_seen_before),
        _("yes") if state.from_cache else "",
        formatting.one_line(state.request_id),
    ]
