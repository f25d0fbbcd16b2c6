"""A mail with pictures of its own: text and HTML as alternatives, and beside them the pictures that the HTML shows.

Django writes the headers that are addresses. The parts are put together here: their form is always the same, and
Python's `email` takes longer to write one than all else that a mail needs.
"""

import base64
import email.policy
import secrets
from collections.abc import Iterable, Mapping
from email.header import Header
from email.message import EmailMessage
from email.policy import Policy
from email.utils import format_datetime
from functools import lru_cache
from typing import Any, Self

from django.core import mail
from django.utils import timezone

#: Characters of a header's line that need not be folded.
_LONGEST_LINE = 78


class Mail(mail.EmailMultiAlternatives):
    """`pictures` are PNG files by their Content-ID, by which `html` names them as `cid:`."""

    def __init__(self, *args: Any, html: str, pictures: Mapping[str, bytes], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.html = html
        self.pictures = pictures
        self._written: dict[Policy | None, EmailMessage] = {}

    def message(self, *, policy: Policy | None = email.policy.default) -> EmailMessage:
        """Written once for each policy: `build` looks whether it can be, and the line sends what was looked at."""
        if policy not in self._written:
            self._written[policy] = self._write(policy or email.policy.default)
        return self._written[policy]

    def _write(self, policy: Policy) -> EmailMessage:
        told = {"Date": format_datetime(timezone.now()), **self.extra_headers}
        headers = {name: _header(name, value) for name, value in told.items()}
        message = mail.EmailMessage("", "", "nobody", self.to, headers=headers).message(policy=policy)
        message.replace_header("From", _sender(str(self.from_email), policy))
        message.replace_header("Subject", _subject(str(self.subject), policy.linesep))
        kind, parts = self._parts(policy.linesep)
        del message["Content-Type"], message["Content-Transfer-Encoding"]
        message["Content-Type"] = _Header("Content-Type", kind)
        message.set_payload(parts)
        return message

    def _parts(self, newline: str) -> tuple[str, str]:
        """What they are as a whole, and all of them. Mail programs write them in this way (RFC 2387): the alternatives
        are the first part, and the root."""
        text = self.body.replace("\n", newline).encode()
        alternatives = [
            _part(text, {"Content-Type": 'text/plain; charset="utf-8"'}, newline),
            _part(self.html.encode(), {"Content-Type": 'text/html; charset="utf-8"'}, newline),
        ]
        kind, parts = _multipart("multipart/alternative", alternatives, newline)
        if not self.pictures:
            return kind, parts
        root = f"Content-Type: {kind}{newline}{newline}{parts}"
        pictures = [_picture(name, png, newline) for name, png in self.pictures.items()]
        return _multipart('multipart/related; type="multipart/alternative"', [root, *pictures], newline)


class _Header(str):
    """A header that is written as it is. To read and fold one takes Python's policies longer than a picture to draw."""

    name: str

    def __new__(cls, name: str, value: str) -> Self:
        header = super().__new__(cls, value)
        header.name = name
        return header

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]
        return self.name, str(self)

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


def _header(name: str, value: str) -> str:
    """Left to Python where it is not printable ASCII that fits on a line: to be encoded, folded or refused."""
    is_plain = value.isascii() and value.isprintable() and len(name) + len(value) + 2 <= _LONGEST_LINE
    return _Header(name, value) if is_plain else value


@lru_cache(maxsize=16)
def _sender(address: str, policy: Policy) -> _Header:
    """As Django and Python write it, once: all mails in a language are from the same."""
    written = policy.fold("From", mail.EmailMessage(from_email=address).message(policy=policy)["From"])
    return _Header("From", written.partition(": ")[2].removesuffix(policy.linesep))


def _subject(words: str, newline: str) -> str:
    """In words of RFC 2047, where it needs them; what is no plain text is left to Python, to be refused."""
    if words.isascii() or not words.isprintable():
        return _header("Subject", words)
    return _Header("Subject", Header(words, "utf-8", _LONGEST_LINE, "Subject").encode(linesep=newline))


def _multipart(kind: str, parts: Iterable[str], newline: str) -> tuple[str, str]:
    """A kind with its boundary, which no line of base64 can be, and the parts between boundaries."""
    boundary = f"=={secrets.token_hex(12)}=="
    between = "".join(f"--{boundary}{newline}{part}{newline}" for part in parts)
    return f'{kind};{newline} boundary="{boundary}"', f"{between}--{boundary}--{newline}"


def _part(content: bytes, headers: Mapping[str, str], newline: str) -> str:
    """In base64, whatever it is: inlined HTML has lines that are too long to travel."""
    told = {**headers, "Content-Transfer-Encoding": "base64"}
    lines = base64.encodebytes(content).decode("ascii").replace("\n", newline)
    return "".join(f"{name}: {value}{newline}" for name, value in told.items()) + newline + lines


def _picture(name: str, png: bytes, newline: str) -> str:
    headers = {
        "Content-Type": 'image/png; name="price.png"',
        "Content-Disposition": 'inline; filename="price.png"',
        "Content-ID": f"<{name}>",
    }
    return _part(png, headers, newline)
