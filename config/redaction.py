"""The one redaction of what leaves for logs, Sentry and OpenTelemetry: keys, links with tokens, mail addresses."""

import re
from collections.abc import Iterable
from typing import Any

from monitor.provider.redaction import Redactor

#: A shorter value may be a word: replacing it would only hide that it is the secret.
_SHORTEST_SECRET = 6
#: What comes before a secret in the paths of links in our mails; Django logs the paths of failed requests.
_OUR_LINKS = "u|feed|forgotten|invitations|settings/address(?:/back)?|account/(?:recover|restore|not-me)"
_PARTS = (
    (rf"(/(?:{_OUR_LINKS})/)[^/\s'\"\\]+", r"\1..."),
    # Passwords in the addresses of services, and whatever a query, a header or JSON calls a secret.
    (r"(\w://[^\s:/@'\"]*:)[^\s/@'\"]+(?=@)", r"\1..."),
    (r"(?i)((?:key|secret|token|password|sign)['\"]?\s?[=:]\s?['\"]?)[^\s&'\",;}\\]{6,}", r"\1..."),
    (r"([?&](?:code|state)=)[^\s&'\"\\]+", r"\1..."),
    (r"(?i)(\b(?:bearer|basic)\s+)[\w.~+/=-]{6,}", r"\1..."),
    # Tokens of our API.
    (r"\bsw_[\w-]{8,}", "sw_..."),
    # The secret addresses of robots and apps.
    (r"(/(?:hook|services|webhooks)/|/bot(?=\d)|api\.day\.app/)[\w:/.-]{8,}", r"\1..."),
    (r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+", "...@..."),
)
_PATTERNS = [(re.compile(pattern), by) for pattern, by in _PARTS]


class Redaction:
    """Redacts texts, also within what consists of lists and dicts. `secrets`: the values of the settings."""

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
            return {self.text(str(name)): self.tree(item) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.tree(item) for item in value]
        return value if value is None or isinstance(value, bool | int | float) else self.text(str(value))
