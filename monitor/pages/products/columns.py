"""The columns of the products table. The cells are in the rows of `templates/products/table.html`,
those of files in `files.py`."""

from django.utils.translation import gettext_lazy as _

from monitor.pages.shared.heads import Column

#: Always shown; in the address it means that no other column is.
PRODUCT_COLUMN = Column("product", _("Product"), sort="title")
#: The columns to choose from, in the table's order.
COLUMNS = (
    Column("price", _("Price"), "end", "price", is_usual=True),
    Column("trend", _("30 days"), "trend", is_usual=True),
    Column("day", _("24 h"), "end", "day", is_usual=True),
    Column("week", _("7 days"), "end", "week", is_usual=True),
    Column("units", _("Units a day"), "end", "units", is_usual=True),
    Column("revenue", _("Est. revenue"), "end", "revenue", is_usual=True),
    Column("list_price", _("List price"), "end"),
    Column("margin", _("Margin"), "end"),
    Column("sold", _("Sold"), "end", "sales"),
    Column("status", _("Status"), sort="status"),
    Column("checked", _("Checked"), sort="checked"),
    Column("changed", _("Changed"), sort="changed"),
    Column("interval", _("Interval"), sort="interval"),
    Column("rate", _("Changes a day"), "end"),
    Column("next", _("Next check")),
    Column("lists", _("Watchlists")),
)
USUAL_COLUMNS = tuple(column for column in COLUMNS if column.is_usual)


def columns_named(names: str) -> tuple[Column, ...]:
    """Return the columns with these names, which have commas in between, in the table's order. '':
    the usual ones."""
    chosen = names.split(",")
    return tuple(column for column in COLUMNS if column.name in chosen) if names else USUAL_COLUMNS


def names_of(columns: tuple[Column, ...]) -> str:
    """Return the names for which `columns_named` returns these columns."""
    return ",".join(column.name for column in columns) or PRODUCT_COLUMN.name
