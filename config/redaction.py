"""The one redaction of what leaves for logs and Sentry: keys, links with tokens, mail addresses."""

import re
from collections.abc import Iterable
from typing import Any

from monitor.provider.redaction import Redactor

#: A shorter value may be a word: replacing it would only hide that it is the secret.
_SHORTEST_SECRET = 6
#: What comes before a secret in the paths of links in our mails; Django logs the paths of failed
#: requests.
_OUR_LINKS = "u|forgotten|invitations|settings/address(?:/back)?|account/(?:recover|restore|not-me)"
#: Keys that are no secrets: `product_key`, "foreign key: violates".
_HARMLESS_KEYS = (
    "foreign",
    "list",
    "primary",
    "product",
    "public",
    "routing",
    "rule",
    "shop",
    "user",
)
#: The end of a name whose value is secret: `PROVIDER_KEY`, `pushkey`, `apiKey`, but neither
#: `monkey` nor `design`.
_SECRET_NAME = (
    r"(?:(?i:secret|token|password|authorization|(?:access|api|app|push|send)key)"
    rf"|(?<![A-Za-z])(?i:{''.join(rf'(?<!{word}[ _.-])' for word in _HARMLESS_KEYS)}key|sign)"
    r"|(?<=[a-z])Key)\d?"
)
_IS_SECRET = re.compile(rf"{_SECRET_NAME}\Z")
_PARTS = (
    (rf"(/(?:{_OUR_LINKS})/)[^/\s'\"\\]+", r"\1..."),
    # Passwords in the addresses of services.
    (r"(\w://[^\s:/@'\"]*:)[^\s/@'\"]+(?=@)", r"\1..."),
    (r"([?&](?:code|state)=)[^\s&'\"\\]+", r"\1..."),
    (r"(?i)(\b(?:bearer|basic)\s+)[\w.~+/=-]{6,}", r"\1..."),
    # Whatever a query, a header or JSON calls a secret.
    (rf"({_SECRET_NAME}['\"]?\s?[=:]\s?['\"]?)[^\s&'\",;}}\\]{{6,}}", r"\1..."),
    # Tokens of our API.
    (r"\bsw_[\w-]{8,}", "sw_..."),
    # The secret addresses of robots, apps and browsers, and whatever urllib3 could not reach.
    (r"(/(?:hook|services|webhooks|fcm/send|wpush/v\d)/|/bot(?=\d))[\w:/.-]{8,}", r"\1..."),
    (r"((?:api\.day\.app|sctapi\.ftqq\.com|ft07\.com/send)/)[\w:/.-]{8,}", r"\1..."),
    (r"\bSPT_\w{8,}", "SPT_..."),
    (r"(with url: )\S+", r"\1..."),
    # Mail addresses, but not Celery's names of our workers.
    (r"(?<![\w.+-])(?!(?:celery|checks|upkeep)@)[\w.+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+", "...@..."),
)
_PATTERNS = [(re.compile(pattern), by) for pattern, by in _PARTS]


class Redaction:
    """Redacts texts, also within what consists of lists and dicts. `secrets`: the values of the
    settings."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._own = Redactor(*(secret for secret in secrets if len(secret) >= _SHORTEST_SECRET))

    def text(self, text: str) -> str:
        text = self._own.text(text)
        for pattern, by in _PATTERNS:
            text = pattern.sub(by, text)
        return text

    def tree(self, value: Any) -> Any:
        """Return a copy of a value of JSON's kinds, or a text of any other value."""
        if isinstance(value, dict):
            return {
                self.text(str(name)): self._item(str(name), item) for name, item in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.tree(item) for item in value]
        return (
            value
            if value is None or isinstance(value, bool | int | float)
            else self.text(str(value))
        )

    def _item(self, name: str, value: Any) -> Any:
        """Return what may be told under a name. Numbers under a secret name are keys of rows or
        counts."""
        is_number = value is None or isinstance(value, bool | int | float)
        return "..." if _IS_SECRET.search(name) and not is_number else self.tree(value)
