"""Key and secret cut out of whatever the provider says: some of its replies echo them."""

import json
import re
from urllib.parse import quote, quote_plus

from monitor.provider.errors import BadReply

MASK = "***"
# A shorter one may be a word of a product's name. It is still cut out of messages, but not out of data.
_TELLING = 8


class Redactor:
    """Knows the secrets and every way they may be written; its repr tells none of them."""

    def __init__(self, *secrets: str) -> None:
        written = {form for secret in secrets if secret for form in _forms(secret)}
        self._any = _pattern(written)
        self._telling = _pattern({form for form in written if len(form) >= _TELLING})
        # As JSON writes them; the provider's PHP writes a slash as '\\/'.
        telling = {form.lower() for form in written if len(form) >= _TELLING}
        telling |= {json.dumps(form)[1:-1] for form in telling}
        telling |= {form.replace("/", "\\/") for form in telling}
        self._telling_bytes = tuple(form.encode() for form in telling)

    def __repr__(self) -> str:
        return "Redactor()"

    def text(self, text: str) -> str:
        """`text` without any secret."""
        return text if self._any is None else self._any.sub(MASK, text)

    def occurs_in(self, body: bytes) -> bool:
        """Whether a reply's body holds a secret that is long enough to be no coincidence."""
        lower = body.lower()
        return any(form in lower for form in self._telling_bytes)

    def payload(self, payload: dict[str, object]) -> dict[str, object] | BadReply:
        """A reply without such a secret in any of its texts, or the error for one that is nested too deep to tell."""
        try:
            return {self._long(name): self._tree(value) for name, value in payload.items()}
        except RecursionError:
            return BadReply("the reply is nested too deep")

    def _tree(self, value: object) -> object:
        if isinstance(value, str):
            return self._long(value)
        if isinstance(value, list):
            return [self._tree(one) for one in value]
        if isinstance(value, dict):
            return {self._long(name): self._tree(one) for name, one in value.items()}
        return value

    def _long(self, text: str) -> str:
        return text if self._telling is None else self._telling.sub(MASK, text)


def _forms(secret: str) -> set[str]:
    escaped = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    return {secret, *escaped, *(quote(form, safe="") for form in escaped)}


def _pattern(forms: set[str]) -> re.Pattern[str] | None:
    # Longest first: a percent-encoded form may contain the plain one.
    longest_first = sorted(forms, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE) if forms else None
