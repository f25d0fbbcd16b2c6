"""The tabs above the products table: what most people look for, and what each has kept for himself."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import timedelta
from urllib.parse import parse_qsl

from django.utils.translation import gettext as _

from monitor.forms.product_filters import NARROWING
from monitor.models import SavedView
from monitor.views.pages import PageRequest
from monitor.views.table import TableState

#: How long a deleted or altered view can be taken back.
UNDO_FOR = timedelta(minutes=5)
_KEY = "lost_view"


@dataclass(frozen=True, slots=True)
class Tab:
    """A state of the table by name. `view` is the key of a saved one, 0 of one that everybody has."""

    name: str
    query: str
    is_current: bool
    view: int = 0


@dataclass(frozen=True, slots=True)
class LostView:
    """What a view was before it was deleted or altered, and when that happened (in seconds)."""

    name: str
    query: str
    at: float


def tabs(state: TableState, views: Iterable[SavedView]) -> list[Tab]:
    """The common states, with order and columns as they are; then the saved ones, which bring their own."""
    now = dict(parse_qsl(state.unpaged))
    saved = [Tab(view.name, view.query, dict(parse_qsl(view.query)) == now, view.pk) for view in views]
    on_a_saved_one = any(tab.is_current for tab in saved)
    narrowing = {name: value for name, value in now.items() if name in NARROWING}
    common = [
        (_("All"), {}),
        (_("Changed in 24 h"), {"changed": "24h"}),
        (_("Checks failing"), {"status": "failing"}),
        (_("Paused"), {"status": "paused"}),
    ]
    return [
        *(Tab(name, state.narrowed(words), narrowing == words and not on_a_saved_one) for name, words in common),
        *saved,
    ]


def remember_view(request: PageRequest, name: str, query: str) -> None:
    request.session[_KEY] = asdict(LostView(name, query, request.now.timestamp()))


def just_lost(request: PageRequest, *, take: bool = False) -> LostView | None:
    """The last view that was deleted or altered, while that can be taken back; with `take` it is not offered again."""
    kept = request.session.pop(_KEY, None) if take else request.session.get(_KEY)
    lost = LostView(**kept) if kept else None
    fresh = lost and request.now.timestamp() - lost.at < UNDO_FOR.total_seconds()
    return lost if fresh else None
