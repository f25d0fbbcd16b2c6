"""What was done last in one place of the pages, kept in the session while it can be undone."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Literal

from django.contrib import messages
from django.utils.translation import gettext as _

from monitor.pages.shared.answers import PageRequest, wants_region

#: How long it can be taken back.
UNDO_FOR = timedelta(minutes=5)

type Kind = Literal["removed", "changed", "moved", "view", "import", "read", "asked", "rules"]
#: Where it is offered, and the session's key for it: what is done in one place leaves the other's alone.
type Place = Literal["undoable", "read", "asked", "rules"]
PRODUCTS: Place = "undoable"
INBOX: Place = "read"
PACES: Place = "asked"
RULES: Place = "rules"


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


def remember(request: PageRequest, kind: Kind, text: str, receipt: Mapping[str, Any], place: Place = PRODUCTS) -> None:
    """It takes the place of what was done before."""
    request.session[place] = asdict(Undoable(kind, text, receipt, request.now.timestamp()))


def take(request: PageRequest, place: Place = PRODUCTS) -> Undoable | None:
    """What can be taken back; it is not offered again."""
    return _fresh(request, request.session.pop(place, None))


def standing(request: PageRequest, place: Place = PRODUCTS) -> Undoable | None:
    """What an open page offers to take back."""
    done = _fresh(request, request.session.get(place))
    return None if done is None or done.is_past else done


def offered(request: PageRequest, place: Place = PRODUCTS) -> Undoable | None:
    """What the page offers to take back: on the page where it was done, and on no later one."""
    done = standing(request, place)
    if done is None:
        return None
    done.is_past = done.told and not wants_region(request)
    if done.is_past or not done.told:
        done.told = True
        request.session[place] = asdict(done)
    return None if done.is_past else done


def tell_undone(request: PageRequest, done: Undoable | None, *, is_back: bool) -> None:
    """Say what was taken back, or that nothing was."""
    if done and is_back:
        messages.success(request, _("Undone: %(what)s") % {"what": done.text})
    else:
        messages.warning(
            request, _("Nothing was undone: the time for it is over, or something else was done with it since.")
        )


def _fresh(request: PageRequest, kept: dict[str, Any] | None) -> Undoable | None:
    done = Undoable(**kept) if kept else None
    return done if done and request.now.timestamp() - done.at < UNDO_FOR.total_seconds() else None
