"""Where somebody is signed in, in words that he recognises."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import HASH_SESSION_KEY
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext, pgettext_lazy

from monitor.accounts.sessions import handle, open_sessions
from monitor.models import User

#: A mark in the browser's own description and what people call it, the most particular first: nearly every browser
#: calls itself Mozilla, Chrome and Safari as well.
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


@dataclass(frozen=True, slots=True)
class SignedInAt:
    """One session. `handle` names it in a form; `is_here` marks the one that looks at the page."""

    handle: str
    device: str
    is_phone: bool
    address: str
    seen_at: datetime
    is_here: bool


def signed_in_at(user: User, session_key: str | None, now: datetime) -> list[SignedInAt]:
    """The sessions of `user` that still work, this one first, then the last seen. One query."""
    valid = user.get_session_auth_hash()
    found = []
    for session in open_sessions(user, now):
        # A password that was changed elsewhere has ended it, though its row waits for the browser to come back.
        if not constant_time_compare(session.get_decoded().get(HASH_SESSION_KEY, ""), valid):
            continue
        here = session.pk == session_key
        system = _first(_SYSTEMS, session.user_agent)
        seen_at = now if here else session.seen_at
        found.append(
            SignedInAt(
                handle(session.pk),
                device(session.user_agent),
                system in _PHONES,
                session.address or "",
                seen_at,
                here,
            )
        )
    return sorted(found, key=lambda one: not one.is_here)


def device(user_agent: str) -> str:
    """'Chrome on Windows', in the active language."""
    browser, system = _first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)
    if browser and system:
        return gettext("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or gettext("Unknown device")


def _first(marks: Iterable[tuple[str, object]], text: str) -> str:
    return next((str(name) for pattern, name in marks if re.search(pattern, text)), "")
