"""The products table as CSV and Excel: all products that pass the filters, in their order, with the columns shown."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import batched, chain
from typing import Any, NamedTuple

from django.http.response import HttpResponseBase
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from monitor.history.moves import Move
from monitor.history.sales_pace import SalesPace
from monitor.models import Product
from monitor.pages.products.columns import PRODUCT_COLUMN
from monitor.pages.products.reads import ProductRow, ProductTable
from monitor.pages.products.views import filter_form
from monitor.pages.shared.answers import PageRequest, signed_in
from monitor.pages.shared.sheets import Cell, file_answer, for_reader, of_today, on_clock, percent, tenths, yuan
from monitor.pages.shared.watchlist_reads import watchlist_choices
from monitor.planning import reasons
from monitor.text import formatting
from monitor.uploads.sheets import Value
from monitor.watchlists.sheets import FIELDS, SEVERAL, is_same, values_of

#: By watch, the values by field.
type Present = Mapping[int, Mapping[str, Value]]

OWN_HEADS = (_("Target price"), _("Tags"), _("Note"))
#: Rows that are read together.
CHUNK = 500


class FileColumn(NamedTuple):
    """The cells of a column of the table in a file: one for each of `heads`."""

    heads: Sequence[Any]
    cells: Callable[[ProductRow], Sequence[Cell]]


@signed_in("GET")
def as_file(request: PageRequest, ending: str) -> HttpResponseBase:
    return file_answer(_table(request), _("Products"), of_today("products", request.now), ending)


def _table(request: PageRequest) -> Iterator[list[Cell]]:
    """A heading, then a row for each product: prices in yuan, times on the user's clock. What the user can change in
    the file and upload again stands last."""
    lists = watchlist_choices(request.user)
    form = filter_form(request, lists)
    table = ProductTable(request.user, lists, form.filters, request.now)
    shown = [column.name for column in (PRODUCT_COLUMN, *form.shown_columns) if column.name != "lists"]
    columns = [FILE_COLUMNS[name] for name in (*shown, "lists")]
    head: list[Cell] = [*(str(head) for column in columns for head in column.heads), *map(str, OWN_HEADS)]

    def line(pair: tuple[ProductRow, Present]) -> list[Cell]:
        row, present = pair
        return [*(cell for column in columns for cell in column.cells(row)), *_own(row, present)]

    def pairs() -> Iterator[tuple[ProductRow, Present]]:
        for keys in batched(table.keys.iterator(CHUNK), CHUNK):
            rows = table.rows(keys)
            present = values_of(watch.key for row in rows for watch in row.watches)
            yield from ((row, present) for row in rows)

    return chain([head], map(for_reader(line), pairs()))


def _own(row: ProductRow, present: Present) -> list[Cell]:
    """The target price, the tags and the note, each if it is the same on all lists: an upload changes it on all."""
    watches = [watch for watch in row.watches if watch.watchlist.editable] or row.watches
    values = [present[watch.key] for watch in watches if watch.key in present]
    target, tags, note = (values[0][name] if values and is_same(values, name) else None for name in FIELDS)
    return [
        yuan(target) if isinstance(target, int) and target != SEVERAL else None,
        formatting.listed(tags) if isinstance(tags, list) else "",
        str(note or ""),
    ]


def _product(row: ProductRow) -> Sequence[Cell]:
    product = row.product
    shop = product.shop and (product.shop.name or product.shop.shop_id)
    return product.num_iid, formatting.one_line(product.title or ""), formatting.one_line(shop or "")


def _trend(row: ProductRow) -> Sequence[Cell]:
    prices = [price for _at, price in row.trend.prices if price is not None]
    return yuan(min(prices, default=None)), yuan(max(prices, default=None))


def _moved(move: Move | None, excursion: Move | None) -> Sequence[Cell]:
    if move is None:
        return None, None, None
    return yuan(move.after - move.before), percent(move), yuan(excursion.after if excursion else None)


def _units(pace: SalesPace | None) -> Sequence[Cell]:
    return (None, None) if pace is None else (tenths(pace.low), tenths(pace.high))


def _revenue(row: ProductRow) -> Sequence[Cell]:
    pace, price = row.trend.pace, row.product.current_price
    if pace is None or price is None:
        return None, None
    return round(pace.low * price / 100), round(pace.high * price / 100)


def _status(row: ProductRow) -> Sequence[Cell]:
    return (formatting.field_value("status", row.product.displayed_status, get_language() or "en"),)


def _checked(product: Product) -> Sequence[Cell]:
    return on_clock(product.checked_at), formatting.one_line(str(product.failure)) if product.failing_since else ""


def _rate(product: Product) -> Cell:
    rate = reasons.rate_of(product)
    return None if rate is None else Decimal(rate).quantize(Decimal("0.01"))


#: By the names of `columns.COLUMNS`, and of `PRODUCT_COLUMN`.
FILE_COLUMNS: Mapping[str, FileColumn] = {
    "product": FileColumn((_("Product ID"), _("Title"), _("Shop")), _product),
    "price": FileColumn((_("Price"),), lambda row: (yuan(row.product.current_price),)),
    "list_price": FileColumn((_("List price"),), lambda row: (yuan(row.list_price),)),
    "trend": FileColumn((_("Lowest in 30 days"), _("Highest in 30 days")), _trend),
    "day": FileColumn(
        (_("24 h: ¥"), _("24 h: %"), _("24 h: in between")),
        lambda row: _moved(row.trend.day, row.trend.day_excursion),
    ),
    "week": FileColumn(
        (_("7 days: ¥"), _("7 days: %"), _("7 days: in between")),
        lambda row: _moved(row.trend.week, row.trend.week_excursion),
    ),
    "units": FileColumn(
        (_("Units a day, at least"), _("Units a day, at most")),
        lambda row: _units(row.trend.pace),
    ),
    "revenue": FileColumn((_("Est. revenue, at least"), _("Est. revenue, at most")), _revenue),
    "sold": FileColumn((_("Sold"),), lambda row: (row.product.sales,)),
    "status": FileColumn((_("Status"),), _status),
    "checked": FileColumn(
        (_("Checked"), _("Failure")),
        lambda row: _checked(row.product),
    ),
    "changed": FileColumn(
        (_("Changed"),), lambda row: (None if row.product.is_news else on_clock(row.product.changed_at),)
    ),
    "interval": FileColumn(
        (_("Interval"),),
        lambda row: (formatting.duration(row.product.limits.latest) if row.product.limits else "",),
    ),
    "rate": FileColumn((_("Changes a day"),), lambda row: (_rate(row.product),)),
    "next": FileColumn((_("Next check"),), lambda row: (on_clock(row.product.next_check_at),)),
    "lists": FileColumn((_("Watchlists"),), lambda row: (row.list_names,)),
}
