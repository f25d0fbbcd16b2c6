"""Removes key and secret from the provider's replies: some of them echo these."""

import json
import re
from urllib.parse import quote, quote_plus

from monitor.provider.errors import BadReply

MASK = "***"
# A shorter secret may be a word in a product's name: it is removed from messages, but not from
# data.
_LONG_ENOUGH = 8


class Redactor:
    """Finds the secrets in all forms in which they may be written. Its repr shows none of them."""

    def __init__(self, *secrets: str) -> None:
        forms = {form for secret in secrets if secret for form in _forms(secret)}
        long_forms = {form for form in forms if len(form) >= _LONG_ENOUGH}
        self._any = _pattern(forms)
        self._long = _pattern(long_forms)
        # As in JSON; the provider's PHP writes a slash as '\\/'.
        in_json = {form.lower() for form in long_forms}
        in_json |= {json.dumps(form)[1:-1] for form in in_json}
        in_json |= {form.replace("/", "\\/") for form in in_json}
        self._in_json = tuple(form.encode() for form in in_json)

    def __repr__(self) -> str:
        return "Redactor()"

    def text(self, text: str) -> str:
        """Return `text` without any secret."""
        return text if self._any is None else self._any.sub(MASK, text)

    def occurs_in(self, body: bytes) -> bool:
        """Return whether a reply's body contains a secret that is too long to be a coincidence."""
        lower = body.lower()
        return any(form in lower for form in self._in_json)

    def payload(self, payload: dict[str, object]) -> dict[str, object] | BadReply:
        """Return a reply without long secrets in its strings, or the error for one that is nested
        too deep."""
        try:
            return {self._mask(name): self._tree(value) for name, value in payload.items()}
        except RecursionError:
            return BadReply("the reply is nested too deep")

    def _tree(self, value: object) -> object:
        if isinstance(value, str):
            return self._mask(value)
        if isinstance(value, list):
            return [self._tree(item) for item in value]
        if isinstance(value, dict):
            return {self._mask(name): self._tree(item) for name, item in value.items()}
        return value

    def _mask(self, text: str) -> str:
        return text if self._long is None else self._long.sub(MASK, text)


def _forms(secret: str) -> set[str]:
    escaped = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    return {secret, *escaped, *(quote(form, safe="") for form in escaped)}


def _pattern(forms: set[str]) -> re.Pattern[str] | None:
    # Longest first: a percent-encoded form may contain the plain one.
    longest_first = sorted(forms, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE) if forms else None
