"""Links that end mails with one click: those of one watchlist, or all mails of alerts.

A link is made when its mail is sent and never expires, because mails may be opened late. It does not log in: it can
only switch mails off.
"""

import base64
from collections.abc import Sequence

from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import base36_to_int, int_to_base36

from monitor.delivery.links import link
from monitor.models import User, Watchlist
from monitor.models.messages import mail_host

#: Characters of 6 bits: too many to guess, and the header stays short.
SEAL_LENGTH = 14
#: Characters of a header's line, with its name. Python may encode a longer address, and mail programs cannot read it.
LONGEST_LINE = 77
#: Characters of a List-Id, which may have its own line.
LONGEST_NAME = 76
_ALL = 0
#: The keys of a user and a list in base 36, for more than a million of each.
_LARGE = "zzzz.zzzz"


def token(user: User, watchlist: Watchlist | None = None) -> str:
    """Return the secret of a link: a seal, and the keys of the user and the list."""
    keys = f"{int_to_base36(user.pk)}.{int_to_base36(watchlist.pk if watchlist else _ALL)}"
    return _seal(keys) + keys


def leaving(token: str) -> tuple[User, Watchlist | None] | None:
    """Return the user of a token, and the list whose mails they leave, or None for all mails of alerts.

    None instead of both if the token is forged, or the user or list is gone.
    """
    seal, keys = token[:SEAL_LENGTH], token[SEAL_LENGTH:]
    if not constant_time_compare(seal, _seal(keys)):
        return None
    user_key, list_key = map(base36_to_int, keys.split("."))
    user = User.objects.filter(pk=user_key, is_active=True).first()
    if user is None:
        return None
    watchlist = Watchlist.objects.for_user(user).filter(pk=list_key).first()
    return (user, watchlist) if watchlist is not None or list_key == _ALL else None


def address(user: User, watchlist: Watchlist | None = None) -> str:
    return link("monitor:leave-mails", token(user, watchlist))


def headers(user: User, lists: Sequence[Watchlist]) -> dict[str, str]:
    """Return the headers by which mail programs offer to leave the mails of `lists` (RFC 2919, 2369, 8058).

    For several lists they leave all mails. A header that is too long is left out: the mail itself has the links, too.
    """
    only = lists[0] if len(lists) == 1 else None
    names = (*([f"list-{only.pk}"] if only else []), "alerts")
    ids = (f"<{name}.{mail_host()}>" for name in names)
    list_id = next((name for name in ids if len(name) <= LONGEST_NAME), None)
    fields = {"List-Id": list_id} if list_id else {}
    url = address(user, only)
    if _has_room(url):
        fields["List-Unsubscribe"] = f"<{url}>"
        if url.startswith("https:"):  # RFC 8058 allows one click for HTTPS only.
            fields["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return fields


def has_room() -> bool:
    """Return whether this site's URL is short enough for `List-Unsubscribe`, even with large keys."""
    return _has_room(link("monitor:leave-mails", "x" * SEAL_LENGTH + _LARGE))


def _has_room(url: str) -> bool:
    line = f"List-Unsubscribe: <{url}>"
    return len(line) <= LONGEST_LINE and line.isascii()


def _seal(keys: str) -> str:
    digest = salted_hmac("monitor.delivery.leaving", keys, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).decode()[:SEAL_LENGTH]
