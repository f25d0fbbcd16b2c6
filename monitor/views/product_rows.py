"""The rows of the products table as HTML, column by column.

Written here and not in a template: a page has up to a hundred rows of forty values each, and what all rows share (the
columns' names, addresses, icons, verbs) is made ready once.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext

from monitor import formatting
from monitor.dashboard.products import ProductRow
from monitor.forms.product_filters import COLUMN_CHOICES
from monitor.marks import icon, thumb
from monitor.markup import constant, escaped, joined, markup
from monitor.models import Product
from monitor.views.addresses import Addresses
from monitor.views.product_cells import COLUMNS, names_of_lists

#: So much of a title is read out with what a button does.
SPOKEN = 40
_PAUSED, _CHECKED = constant(' class="paused"'), constant(" checked")
_CELL_END = constant("</td>")
_NO_PICK = constant('<td role="cell" class="pick"></td>')


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column. `sort`: the order that it asks for with `query`; `order`: how it is ordered now."""

    label: str
    css: str
    sort: str = ""
    query: str = ""
    order: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which rows can be ticked, and which are."""

    is_offered: bool
    all: bool = False
    picked: Collection[str] = ()


class RowWriter:
    """Writes the rows of one table, for as long as one language is active."""

    def __init__(
        self, columns: Sequence[str], choice: Choice, query: str, shop_query: str, *, names_lists: bool
    ) -> None:
        self._cells = [(_cell_start(name, label), COLUMNS[name].write) for name, label in _labelled(columns)]
        self._choice, self._shop_query = choice, escaped(shop_query)
        self._names_lists = names_lists
        self._product = Addresses("monitor:product")
        self._choose = gettext("Choose")
        self._only_this_shop = gettext("Only this shop")
        self._pause = _Act("monitor:pause", query, icon("player-pause"), gettext("Pause"))
        self._resume = _Act("monitor:resume", query, icon("player-play"), gettext("Resume"))
        self._remove = _Act("monitor:remove", query, icon("trash"), gettext("Remove"), "ghost danger")

    def write(self, row: ProductRow) -> SafeString:
        name = row.product.title or row.product.num_iid
        spoken = escaped(formatting.one_line(name, SPOKEN))
        return markup(
            '<tr role="row"{}>{}<th scope="row" role="rowheader" class="name"><div class="product">{}<div class="text">'
            '<a class="title" href="{}">{}</a><div class="meta">{}{}</div></div></div></th>{}'
            '<td role="cell" class="do">{}</td></tr>',
            _PAUSED if row.is_paused else "",
            self._pick(row, spoken) if self._choice.is_offered else "",
            thumb(row.product, "s"),
            self._product.of(row.product.num_iid),
            formatting.one_line(name),
            self._shop(row.product),
            markup('<span class="lists-of">{} {}</span>', icon("list-details", "s"), names_of_lists(row))
            if self._names_lists
            else "",
            joined(part for start, write in self._cells for part in (start, write(row), _CELL_END)),
            self._acts(row, spoken) if row.can_edit else "",
        )

    def _pick(self, row: ProductRow, spoken: str) -> SafeString:
        if not row.can_edit:
            return _NO_PICK
        return markup(
            '<td role="cell" class="pick"><label><input class="form-check-input" type="checkbox" name="product" '
            'value="{}" form="bulk"{} aria-label="{}: {}"></label></td>',
            row.product.num_iid,
            _CHECKED if self._choice.all or row.product.num_iid in self._choice.picked else "",
            self._choose,
            spoken,
        )

    def _shop(self, product: Product) -> SafeString:
        if product.shop is None:
            # Without a title the ID stands in its place.
            return markup("<span>{}</span>", product.num_iid) if product.title else SafeString()
        address = markup("{}{}", self._shop_query, product.shop_id)
        return markup(
            '<a class="shop" href="{}" hx-get="{}" hx-swap="outerHTML show:body:top" title="{}">{}</a>',
            address,
            address,
            self._only_this_shop,
            formatting.one_line(product.shop.name or product.shop.shop_id),
        )

    def _acts(self, row: ProductRow, spoken: str) -> SafeString:
        first = self._resume if row.is_paused else self._pause
        num_iid = row.product.num_iid
        return markup(
            '<div class="acts">{}{}</div>', first.button(num_iid, spoken), self._remove.button(num_iid, spoken)
        )


def heads(columns: Sequence[str], sorting: Mapping[str, Mapping[str, str]]) -> list[Head]:
    """Of the product and the columns beside it; `sorting` as `TableState` has it."""
    found = ((label, COLUMNS[name]) for name, label in _labelled(columns))
    beside = (Head(label, one.head_css, one.sort, **sorting.get(one.sort, {})) for label, one in found)
    return [Head(gettext("Product"), "", "title", **sorting["title"]), *beside]


def _labelled(columns: Sequence[str]) -> list[tuple[str, str]]:
    labels = dict(COLUMN_CHOICES)
    return [(name, str(labels[name])) for name in columns]


def _cell_start(name: str, label: str) -> SafeString:
    column = COLUMNS[name]
    told = "" if column.is_plain else markup(' data-label="{}"', label)
    return markup('<td role="cell" class="{}"{}>', column.css, told)


class _Act:
    """A button of each row. It belongs to the form below the table, which has the token."""

    def __init__(self, url_name: str, query: str, icon_: SafeString, verb: str, css: str = "ghost") -> None:
        self._addresses = Addresses(url_name, query)
        self._icon, self._verb, self._css = icon_, verb, css

    def button(self, num_iid: str, spoken: str) -> SafeString:
        address = self._addresses.of(num_iid)
        return markup(
            '<button class="{}" form="of-row" formaction="{}" hx-post="{}" title="{}" aria-label="{}: {}">{}</button>',
            self._css,
            address,
            address,
            self._verb,
            self._verb,
            spoken,
            self._icon,
        )
