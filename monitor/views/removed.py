"""What was removed last, kept in the session for as long as it can be put back."""

from dataclasses import asdict, dataclass
from datetime import timedelta

from monitor.views.pages import PageRequest
from monitor.watchlists.removal import Receipt

#: How long a removal can be taken back.
UNDO_FOR = timedelta(minutes=5)
_KEY = "removed"


@dataclass(frozen=True, slots=True)
class Removed:
    """How many products, the title of one, when (in seconds), and the receipt for them."""

    products: int
    title: str
    at: float
    receipt: Receipt


def remember(request: PageRequest, products: int, title: str, receipt: Receipt) -> None:
    request.session[_KEY] = asdict(Removed(products, title, request.now.timestamp(), receipt))


def just_removed(request: PageRequest, *, take: bool = False) -> Removed | None:
    """The last removal while it can be taken back; with `take` it is not offered again."""
    kept = request.session.pop(_KEY, None) if take else request.session.get(_KEY)
    removed = Removed(**kept) if kept else None
    fresh = removed and request.now.timestamp() - removed.at < UNDO_FOR.total_seconds()
    return removed if fresh else None
