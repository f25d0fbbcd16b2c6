"""A comparison as CSV and Excel: its table, a row for each product."""

from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from monitor.delivery.links import link
from monitor.pages.compare.views import read_comparison, table_rows
from monitor.pages.shared.answers import PageRequest, signed_in
from monitor.pages.shared.sheets import (
    REVENUE_HEAD,
    UNITS_HEADS,
    Cell,
    file_answer,
    of_today,
    percent,
    units_cells,
    yuan,
)
from monitor.text.formatting import field_value, one_line

HEADS = (
    *(_("Product ID"), _("Title"), _("Shop"), _("Price"), _("Gap to A in ¥"), _("Gap to A in %")),
    *(*UNITS_HEADS, REVENUE_HEAD, _("Lowest price"), _("Highest price")),
    *(_("Status"), _("Link")),
)


@signed_in("GET", is_file=True)
def as_file(request: PageRequest, num_iid: str, ending: str) -> HttpResponseBase:
    _form, lines, address, _notes = read_comparison(request, num_iid)
    rows = table_rows(lines, address)
    heads: list[Cell] = ["", *(str(head) for head in HEADS)]
    table = [heads, *map(_cells, rows)]
    return file_answer(
        table, _("Compare products"), of_today(f"compare-{address.range}", request.now), ending
    )


def _cells(row: dict[str, Any]) -> list[Cell]:
    product, gap, compared = row["product"], row["gap"], row["compared"]
    return [
        row["letter"],
        product.num_iid,
        one_line(product.title or ""),
        one_line(product.shop.name or product.shop.shop_id) if product.shop else "",
        yuan(product.current_price),
        yuan(gap.after - gap.before) if gap else None,
        percent(gap),
        *units_cells(product.index),
        yuan(product.index.revenue),
        *map(yuan, compared.extremes),
        field_value("status", product.displayed_status, get_language() or "en"),
        link("monitor:product", product.num_iid),
    ]
