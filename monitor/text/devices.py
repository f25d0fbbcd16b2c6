"""Words for browsers and systems, by the User-Agent that they send."""

import re
from collections.abc import Iterable

from django.utils.translation import gettext, pgettext_lazy

#: A pattern in the User-Agent and the browser's name, the most specific first: nearly every browser
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


def device(user_agent: str) -> str:
    """'Chrome on Windows', in the active language."""
    browser, system = _first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)
    if browser and system:
        return gettext("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or gettext("Unknown device")


def is_phone(user_agent: str) -> bool:
    return _first(_SYSTEMS, user_agent) in _PHONES


def _first(marks: Iterable[tuple[str, object]], text: str) -> str:
    return next((str(name) for pattern, name in marks if re.search(pattern, text)), "")
