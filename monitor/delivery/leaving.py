"""The addresses at which a reader leaves mails with one click: those of one watchlist, or all that tell of alerts.

Each is made when its mail is sent and works for as long as there is somebody to spare: a mail may be old. It signs
nobody in, and its secret changes nothing but whether mails come.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import base36_to_int, int_to_base36

from monitor.delivery.links import link
from monitor.models import User, Watchlist
from monitor.models.alerts import mail_host

#: Six bits each. So few that the header stays short, and too many to guess.
SEAL_LENGTH = 14
#: Characters of a header's line, name included. Of a longer one Python may encode the address, which then is none.
LONGEST_LINE = 77
#: Of a list's name, which may stand on a line of its own.
LONGEST_NAME = 76
_ALL = 0
#: The keys of somebody and of a list of his where there are more than a million of each.
_LARGE = "zzzz.zzzz"


@dataclass(frozen=True, slots=True)
class Leaving:
    """Who leaves which list's mails; with no list, all mails of alerts."""

    user: User
    watchlist: Watchlist | None


def token(user: User, watchlist: Watchlist | None = None) -> str:
    """The secret of an address: a seal, and whose it is of what."""
    whose = f"{int_to_base36(user.pk)}.{int_to_base36(watchlist.pk if watchlist else _ALL)}"
    return _seal(whose) + whose


def leaving(token: str) -> Leaving | None:
    """Who leaves what by this token; None where it is none of ours, or there is nobody or nothing to leave."""
    seal, whose = token[:SEAL_LENGTH], token[SEAL_LENGTH:]
    if not constant_time_compare(seal, _seal(whose)):
        return None
    user_key, list_key = map(base36_to_int, whose.split("."))
    user = User.objects.filter(pk=user_key, is_active=True).first()
    if user is None:
        return None
    watchlist = Watchlist.objects.for_user(user).filter(pk=list_key).first()
    return Leaving(user, watchlist) if watchlist is not None or list_key == _ALL else None


def address(user: User, watchlist: Watchlist | None = None) -> str:
    return link("monitor:leave-mails", token(user, watchlist))


def headers(user: User, lists: Sequence[Watchlist]) -> dict[str, str]:
    """What a mail of `lists` tells mail programs: the list that it is of and how to leave it (RFC 2919, 2369, 8058).

    A mail of several lists is of the whole site, and is left with all other mails. Whatever is too long for its line
    is left out: the mail itself tells the way, too.
    """
    only = lists[0] if len(lists) == 1 else None
    names = (*([f"list-{only.pk}"] if only else []), "alerts")
    ids = (f"<{name}.{mail_host()}>" for name in names)
    fits = next((one for one in ids if len(one) <= LONGEST_NAME), None)
    found = {"List-Id": fits} if fits else {}
    where = address(user, only)
    if _has_room(where):
        found["List-Unsubscribe"] = f"<{where}>"
        if where.startswith("https:"):  # One click is for encrypted addresses alone.
            found["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return found


def has_room() -> bool:
    """Whether this site's address is so short that mail programs can offer to leave its mails, however it grows."""
    return _has_room(link("monitor:leave-mails", "x" * SEAL_LENGTH + _LARGE))


def _has_room(where: str) -> bool:
    line = f"List-Unsubscribe: <{where}>"
    return len(line) <= LONGEST_LINE and line.isascii()


def _seal(whose: str) -> str:
    digest = salted_hmac("monitor.delivery.leaving", whose, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).decode()[:SEAL_LENGTH]
