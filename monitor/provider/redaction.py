"""Removes key and secret from the provider's replies: some of them echo these."""

import json
import re
from urllib.parse import quote, quote_plus

MASK = "***"
# A shorter secret may be a word in a product's name: it is removed from messages, but not from
# data.
_LONG_ENOUGH = 8


class Redactor:
    """Finds the secrets in all forms in which they may be written. Its repr shows none of them."""

    def __init__(self, *secrets: str) -> None:
        forms = {form for secret in secrets if secret for form in _forms(secret)}
        self._in_text = re.compile(_any_of(forms), re.IGNORECASE)
        # As in JSON; the provider's PHP writes a slash as '\\/'.
        in_json = {form for form in forms if len(form) >= _LONG_ENOUGH}
        # Bytes know upper and lower case of ASCII only.
        in_json |= {form.upper() for form in in_json} | {form.lower() for form in in_json}
        in_json |= {json.dumps(form)[1:-1] for form in in_json}
        in_json |= {form.replace("/", "\\/") for form in in_json}
        self._in_body = re.compile(_any_of(in_json).encode(), re.IGNORECASE)

    def __repr__(self) -> str:
        return "Redactor()"

    def text(self, text: str) -> str:
        """Return `text` without any secret."""
        return self._in_text.sub(MASK, text)

    def body(self, body: bytes) -> bytes:
        """Return a reply's body without the secrets that are too long to be a coincidence."""
        return self._in_body.sub(MASK.encode(), body)


def _forms(secret: str) -> set[str]:
    escaped = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    return {secret, *escaped, *(quote(form, safe="") for form in escaped)}


def _any_of(forms: set[str]) -> str:
    """Return a pattern for the forms, the longest first: a percent-encoded one may contain the
    plain one. Without forms it matches nothing."""
    return "|".join(map(re.escape, sorted(forms, key=len, reverse=True))) or "(?!)"
