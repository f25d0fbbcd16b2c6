"""The user's sessions, with words for their browsers and systems."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext, pgettext_lazy

from monitor.accounts.sessions import handle, open_sessions
from monitor.models import User

#: A pattern in the User-Agent and the browser's name, the most specific first: nearly every browser calls itself
#: Mozilla, Chrome and Safari as well.
_BROWSERS = (
    ("MicroMessenger", pgettext_lazy("browser", "WeChat")),
    ("DingTalk", pgettext_lazy("browser", "DingTalk")),
    ("AlipayClient", pgettext_lazy("browser", "Alipay")),
    ("aweme", pgettext_lazy("browser", "Douyin")),
    ("Quark", pgettext_lazy("browser", "Quark")),
    ("UCBrowser", pgettext_lazy("browser", "UC Browser")),
    ("MQQBrowser|QQBrowser", pgettext_lazy("browser", "QQ Browser")),
    ("MiuiBrowser", pgettext_lazy("browser", "Xiaomi browser")),
    ("HuaweiBrowser", pgettext_lazy("browser", "Huawei browser")),
    ("SamsungBrowser", "Samsung Internet"),
    ("Edg(e|A|iOS)?/", "Edge"),
    ("OPR/|Opera", "Opera"),
    ("Firefox|FxiOS", "Firefox"),
    ("Chrome|CriOS|Chromium", "Chrome"),
    ("Safari", "Safari"),
    ("curl/|[Pp]ython|Go-http", pgettext_lazy("browser", "a program")),
)
_SYSTEMS = (
    ("iPad", "iPad"),
    ("iPhone", "iPhone"),
    ("OpenHarmony|HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh|Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux|X11", "Linux"),
)
_PHONES = frozenset({"iPad", "iPhone", "HarmonyOS", "Android"})


def valid_sessions(user: User, session_key: str | None, now: datetime) -> list[dict[str, Any]]:
    """The sessions of `user` that still work, this one first, then the last seen. `handle` names a session in a form.
    One query."""
    valid = user.get_session_auth_hash()
    sessions = []
    for session in open_sessions(user, now):
        # After a change of the password the session is invalid, but its row stays until the browser comes back.
        if not constant_time_compare(session.get_decoded().get(HASH_SESSION_KEY, ""), valid):
            continue
        is_here = session.pk == session_key
        sessions.append(
            {
                "handle": handle(session.pk),
                "device": device(session.user_agent),
                "is_phone": _first(_SYSTEMS, session.user_agent) in _PHONES,
                "address": session.address or "",
                "seen_at": now if is_here else session.seen_at,
                "is_here": is_here,
            }
        )
    return sorted(sessions, key=lambda session: not session["is_here"])


def device(user_agent: str) -> str:
    """'Chrome on Windows', in the active language."""
    browser, system = _first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)
    if browser and system:
        return gettext("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or gettext("Unknown device")


def _first(marks: Iterable[tuple[str, object]], text: str) -> str:
    return next((str(name) for pattern, name in marks if re.search(pattern, text)), "")
