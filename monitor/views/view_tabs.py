"""The tabs above the products table: what most people look for, and what each has kept for himself."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl

from monitor.forms.product_filters import NARROWING
from monitor.forms.saved_views import COMMON_VIEWS
from monitor.models import SavedView
from monitor.views.table import TableState


@dataclass(frozen=True, slots=True)
class Tab:
    """A state of the table by name. `view` is the key of a saved one, 0 of one that everybody has."""

    name: str
    query: str
    is_current: bool
    view: int = 0


def tabs(state: TableState, views: Iterable[SavedView]) -> list[Tab]:
    """The common states, with order and columns as they are; then the saved ones, which bring their own."""
    now = dict(parse_qsl(state.unpaged))
    saved = [Tab(view.name, view.query, dict(parse_qsl(view.query)) == now, view.pk) for view in views]
    on_a_saved_one = any(tab.is_current for tab in saved)
    narrowing = {name: value for name, value in now.items() if name in NARROWING}
    return [
        *(
            Tab(str(name), state.narrowed(words), narrowing == words and not on_a_saved_one)
            for name, words in COMMON_VIEWS
        ),
        *saved,
    ]
