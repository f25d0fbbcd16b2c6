"""The last action in each place of the pages, kept in the session while it can be undone."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Literal

from django.contrib import messages
from django.utils.translation import gettext as _

from monitor.pages.shared.answers import PageRequest, wants_region

UNDO_FOR = timedelta(minutes=5)

type Kind = Literal[
    "removed",
    "changed",
    "read",
    "rules",
    "unfollowed",
    "paired",
]
#: Where undo is offered, and the session's key for it. An action in one place keeps the undo of the
#: others.
type Place = Literal["undoable", "read", "rules", "seen", "follows", "rivals"]
PRODUCTS: Place = "undoable"
INBOX: Place = "read"
RULES: Place = "rules"
TODAY: Place = "seen"
FOLLOWS: Place = "follows"
RIVALS: Place = "rivals"


@dataclass(slots=True)
class Undoable:
    """An action in words, when it was (in Unix seconds), and what is needed to undo it, ready for
    JSON.

    `told`: a page has shown it. `is_past`: the reader has gone on to another page, so it is not
    shown again."""

    kind: Kind
    text: str
    receipt: Mapping[str, Any]
    at: float
    told: bool = False
    is_past: bool = False


def remember(
    request: PageRequest, kind: Kind, text: str, receipt: Mapping[str, Any], place: Place = PRODUCTS
) -> None:
    """Replace the place's former action."""
    request.session[place] = asdict(Undoable(kind, text, receipt, request.now.timestamp()))


def pop_action(request: PageRequest, place: Place = PRODUCTS) -> Undoable | None:
    """Return the action to undo; it is not offered again."""
    return _fresh(request, request.session.pop(place, None))


def last_action(request: PageRequest, place: Place = PRODUCTS) -> Undoable | None:
    """Return the action that an open page offers to undo."""
    done = _fresh(request, request.session.get(place))
    return None if done is None or done.is_past else done


def offered_action(request: PageRequest, place: Place = PRODUCTS) -> Undoable | None:
    """Return the action that this page offers to undo: only the page on which it was done does
    so."""
    done = last_action(request, place)
    if done is None:
        return None
    done.is_past = done.told and not wants_region(request)
    if done.is_past or not done.told:
        done.told = True
        request.session[place] = asdict(done)
    return None if done.is_past else done


def say_undone(request: PageRequest, done: Undoable | None, *, is_back: bool) -> None:
    """Say what was undone, or that nothing was."""
    if done and is_back:
        messages.success(request, _("Undone: %(what)s") % {"what": done.text})
    else:
        messages.warning(request, _("Not undone: too late, or changed since."))


def _fresh(request: PageRequest, kept: dict[str, Any] | None) -> Undoable | None:
    done = Undoable(**kept) if kept else None
    return done if done and request.now.timestamp() - done.at < UNDO_FOR.total_seconds() else None
