"""The columns of tables that are sorted by their heads."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

#: Columns that are sorted upwards first: price drops come before rises. Other numbers and times are
#: sorted downwards.
FROM_THE_START = ("title", "status", "interval", "day", "week", "position", "margin")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. `head_css` is the class of its head, `sort` the order that the head asks
    for."""

    name: str
    label: Any
    head_css: str = ""
    sort: str = ""
    is_usual: bool = False


def heads(
    columns: Iterable[Column], sort: str, query: Callable[[str], str]
) -> list[dict[str, Any]]:
    """Return each column with its present order and the query string of the next one: sorted by it,
    reversed, and then in the usual order again. `query` returns the query string of an order."""
    rows = []
    for column in columns:
        up, down = column.sort, f"-{column.sort}"
        first, second = (up, down) if up in FROM_THE_START else (down, up)
        address = query({first: second, second: ""}.get(sort, first)) if up else ""
        order = {up: "ascending", down: "descending"}.get(sort, "") if up else ""
        rows.append({"column": column, "query": address, "order": order})
    return rows
