"""The products table as CSV and Excel: all products that pass the filters, in their order, with the
columns shown."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import batched
from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from monitor.judging.margins import floor_price, margin
from monitor.models import Pairing
from monitor.pages.products.columns import PRODUCT_COLUMN
from monitor.pages.products.reads import ProductRow, ProductTable
from monitor.pages.products.views import filter_form
from monitor.pages.shared.answers import PageRequest, signed_in
from monitor.pages.shared.sheets import (
    REVENUE_HEAD,
    UNITS_HEADS,
    Cell,
    file_answer,
    hundredths,
    of_today,
    on_clock,
    percent,
    table,
    units_cells,
    yuan,
)
from monitor.showing.history.facts import extremes
from monitor.showing.history.moves import Move
from monitor.showing.reads.watchlists import watchlist_choices
from monitor.showing.reads.words import value_in_words
from monitor.telling.links import on_douyin
from monitor.text import formatting
from monitor.watching.own_values import AMOUNTS, FIELDS, is_same, values_of

#: The heads of a column of the table in a file, and its cells: one for each head.
type FileColumn = tuple[Sequence[Any], Callable[[ProductRow], Sequence[Cell]]]

#: The last columns, whatever the table shows. What a user writes can be changed in the file and
#: uploaded again; `monitor.watching.uploads.lines` reads `rival_of` where products are added.
ALWAYS = ("status", "lists", "link", "rival_of", "own")
#: Rows that are read together.
CHUNK = 500


@signed_in("GET", is_file=True)
def as_file(request: PageRequest, extension: str) -> HttpResponseBase:
    return file_answer(_table(request), _("Products"), of_today("products", request.now), extension)


def _table(request: PageRequest) -> Iterator[list[Cell]]:
    """Return a heading, then a row for each product: prices in yuan, times on the user's clock."""
    lists = watchlist_choices(request.user)
    form = filter_form(request, lists)
    products = ProductTable(request.user, lists, form.filters, request.now)
    others = (PRODUCT_COLUMN, *form.shown_columns)
    shown = [column.name for column in others if column.name not in ("margin", *ALWAYS)]
    columns = [FILE_COLUMNS[name] for name in (*shown, *ALWAYS)]
    heads = [head for heads, _cells in columns for head in heads]

    def line(row: ProductRow) -> list[Cell]:
        return [cell for _heads, cells in columns for cell in cells(row)]

    return table(heads, line, _rows(products))


def _rows(products: ProductTable) -> Iterator[ProductRow]:
    """Yield the rows with what only a file shows of them."""
    pairings = Pairing.objects.filter(watch__watchlist__in=[row.pk for row in products.lists])
    for chunk in batched(products.products.iterator(CHUNK), CHUNK):
        rows, owns = products.rows(chunk), defaultdict[int, dict[str, None]](dict)
        values = values_of(watch.pk for row in rows for watch in row.watches)
        paired = pairings.filter(rival__in=chunk).order_by("product")
        for rival, own in paired.values_list("rival", "product__num_iid"):
            owns[rival][own] = None
        for row in rows:
            row.values, row.rival_of = values, list(owns[row.product.pk])
        yield from rows


def _own(row: ProductRow) -> Sequence[Cell]:
    """Return the floor price, the margin, and what a user has written; each only if it is the same
    on all lists.

    An upload changes it on all of them.
    """
    watches = [watch for watch in row.watches if watch.watchlist.editable] or row.watches
    values = [
        {
            **row.values[watch.pk],
            "cost": watch.shown_cost,
            "profit": watch.shown_profit,
            "note": watch.shown_note,
        }
        for watch in watches
        if watch.pk in row.values
    ]
    own: Any = {
        name: values[0][name] if values and is_same(values, name) else None for name in FIELDS
    }
    kept = margin(row.product.current_price, own["cost"])
    return [
        yuan(floor_price(own["cost"], own["profit"])),
        None if kept is None else yuan(kept.share),
        *(yuan(own[name]) for name in AMOUNTS),
        formatting.listed(own["tags"] or []),
        formatting.one_line(own["note"] or ""),
    ]


def _product(row: ProductRow) -> Sequence[Cell]:
    product = row.product
    shop = product.shop and (product.shop.name or product.shop.shop_id)
    return (
        product.num_iid,
        formatting.one_line(product.title or ""),
        formatting.one_line(shop or ""),
    )


def _trend(row: ProductRow) -> Sequence[Cell]:
    return [yuan(price) for price in extremes(price for _at, price in row.trend.prices)]


def _moved(move: Move | None, excursion: Move | None) -> Sequence[Cell]:
    if move is None:
        return None, None, None
    return (
        yuan(move.after - move.before),
        percent(move),
        yuan(excursion.after if excursion else None),
    )


def _checked(row: ProductRow) -> Sequence[Cell]:
    product = row.product
    return on_clock(product.checked_at), formatting.one_line(
        str(product.failure)
    ) if product.failing_since else ""


def _interval(row: ProductRow) -> Sequence[Cell]:
    limits = row.product.limits
    return (formatting.duration(limits.latest) if limits else "",)


#: By the names of `columns.COLUMNS`, and of `PRODUCT_COLUMN`. The margin is among `own`.
FILE_COLUMNS: Mapping[str, FileColumn] = {
    "product": ((_("Product ID"), _("Title"), _("Shop")), _product),
    "price": ((_("Price"),), lambda row: (yuan(row.product.current_price),)),
    "trend": ((_("Lowest in 30 days"), _("Highest in 30 days")), _trend),
    "day": (
        (_("24 h: ¥"), _("24 h: %"), _("24 h: in between")),
        lambda row: _moved(row.trend.day, row.trend.day_excursion),
    ),
    "week": (
        (_("7 days: ¥"), _("7 days: %"), _("7 days: in between")),
        lambda row: _moved(row.trend.week, row.trend.week_excursion),
    ),
    "units": (UNITS_HEADS, lambda row: units_cells(row.product)),
    "revenue": ((REVENUE_HEAD,), lambda row: (yuan(row.product.revenue),)),
    "list_price": ((_("List price"),), lambda row: (yuan(row.list_price),)),
    "sold": ((_("Sold"),), lambda row: (row.product.sales,)),
    "status": (
        (_("Status"),),
        lambda row: (value_in_words("status", row.product.displayed_status),),
    ),
    "checked": ((_("Checked"), _("Failure")), _checked),
    "changed": (
        (_("Changed"),),
        lambda row: (None if row.product.is_news else on_clock(row.product.changed_at),),
    ),
    "interval": ((_("Interval"),), _interval),
    "rate": ((_("Changes a day"),), lambda row: (hundredths(row.product.shown_rate),)),
    "next": ((_("Next check"),), lambda row: (on_clock(row.product.next_check_at),)),
    "lists": ((_("Watchlists"),), lambda row: (row.list_names,)),
    "link": ((_("Link"),), lambda row: (on_douyin(row.product.num_iid),)),
    "rival_of": ((_("Rival of"),), lambda row: (" ".join(map(on_douyin, row.rival_of)),)),
    "own": (
        (
            *(_("Floor price"), _("Margin %"), _("Target price"), _("Cost"), _("Wanted profit")),
            *(_("Tags"), _("Note")),
        ),
        _own,
    ),
}
