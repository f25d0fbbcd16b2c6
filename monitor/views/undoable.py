"""What was done last to products, views or an import, kept in the session for as long as it can be taken back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Literal

from monitor.views.pages import PageRequest, wants_region

#: How long it can be taken back.
UNDO_FOR = timedelta(minutes=5)
_KEY = "undoable"

type Kind = Literal["removed", "changed", "moved", "view", "import"]


@dataclass(slots=True)
class Undoable:
    """In words what was done, when (in seconds), and what is needed to take it back, ready for JSON.

    `told`: a page has said so. `is_past`: its reader has gone on to another page, and is not told again.
    """

    kind: Kind
    text: str
    receipt: Mapping[str, Any]
    at: float
    told: bool = False
    is_past: bool = False


def remember(request: PageRequest, kind: Kind, text: str, receipt: Mapping[str, Any]) -> None:
    """It takes the place of what was done before."""
    request.session[_KEY] = asdict(Undoable(kind, text, receipt, request.now.timestamp()))


def take(request: PageRequest) -> Undoable | None:
    """What can be taken back; it is not offered again."""
    return _fresh(request, request.session.pop(_KEY, None))


def offered(request: PageRequest) -> Undoable | None:
    """What the page offers to take back: on the page where it was done, and on no later one."""
    done = _fresh(request, request.session.get(_KEY))
    if done is None or done.is_past:
        return None
    done.is_past = done.told and not wants_region(request)
    if done.is_past or not done.told:
        done.told = True
        request.session[_KEY] = asdict(done)
    return None if done.is_past else done


def _fresh(request: PageRequest, kept: dict[str, Any] | None) -> Undoable | None:
    done = Undoable(**kept) if kept else None
    return done if done and request.now.timestamp() - done.at < UNDO_FOR.total_seconds() else None
