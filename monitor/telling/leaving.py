"""Links that end mails with one click: those of some watchlists, or all mails of alerts.

A link is made when its mail is sent and never expires, because mails may be opened late. It does
not log in: it can only switch mails off."""

import base64
from collections.abc import Sequence

from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import base36_to_int, int_to_base36

from monitor.models import User, Watchlist
from monitor.models.messages import mail_host
from monitor.telling.links import link

#: Characters of 6 bits: too many to guess, and the header stays short.
SEAL_LENGTH = 14
#: Characters of a header's line, with its name. Python may encode a longer address, and mail
#: programs cannot read it.
LONGEST_LINE = 77
#: Characters of a List-Id, which may have its own line.
LONGEST_NAME = 76
_ALL = 0
#: The largest keys, of a user and a list, that `has_room` allows for: above a million, in base 36.
_LARGE = "zzzz.zzzz"


def token(user: User, *lists: Watchlist) -> str:
    """Return the secret of a link: a seal, and the keys of the user and the lists."""
    keys = ".".join(
        map(int_to_base36, (user.pk, *([watchlist.pk for watchlist in lists] or [_ALL])))
    )
    return _seal(keys) + keys


def leaving(token: str) -> tuple[User, list[Watchlist]] | None:
    """Return the user of a token, and the lists whose mails they leave, none for all mails of
    alerts.

    None instead of both if the token is forged, or the user or all of the lists are gone.
    """
    seal, keys = token[:SEAL_LENGTH], token[SEAL_LENGTH:]
    if not constant_time_compare(seal, _seal(keys)):
        return None
    user_key, *list_keys = map(base36_to_int, keys.split("."))
    user = User.objects.filter(pk=user_key, is_active=True).first()
    if user is None:
        return None
    lists = list(Watchlist.objects.for_user(user).filter(pk__in=list_keys).order_by("name", "pk"))
    return (user, lists) if lists or list_keys == [_ALL] else None


def address(user: User, *lists: Watchlist) -> str:
    return link("monitor:leave-mails", token(user, *lists))


def headers(user: User, lists: Sequence[Watchlist]) -> dict[str, str]:
    """Return the headers by which mail programs offer to leave the mails of `lists` (RFC 2919,
    2369, 8058).

    Where more lists do not fit into a line, they leave all mails. A header that is too long even so
    is left out: the mail itself has the links, too."""
    name = f"list-{lists[0].pk}" if len(lists) == 1 else "alerts"
    list_id = f"<{name}.{mail_host()}>"
    fields = {"List-Id": list_id} if len(list_id) <= LONGEST_NAME else {}
    url = address(user, *lists)
    if len(lists) > 1 and not _has_room(url):
        url = address(user)
    if _has_room(url):
        fields["List-Unsubscribe"] = f"<{url}>"
        if url.startswith("https:"):  # RFC 8058 allows one click for HTTPS only.
            fields["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return fields


def has_room() -> bool:
    """Return whether this site's URL is short enough for `List-Unsubscribe`, even with large
    keys."""
    return _has_room(link("monitor:leave-mails", "x" * SEAL_LENGTH + _LARGE))


def _has_room(url: str) -> bool:
    line = f"List-Unsubscribe: <{url}>"
    return len(line) <= LONGEST_LINE and line.isascii()


def _seal(keys: str) -> str:
    digest = salted_hmac("monitor.delivery.leaving", keys, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).decode()[:SEAL_LENGTH]
