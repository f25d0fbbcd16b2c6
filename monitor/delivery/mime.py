"""A mail with pictures of its own: text and HTML as alternatives, and beside them the pictures that the HTML shows."""

import base64
import email.policy
from collections.abc import Mapping
from email.message import EmailMessage, MIMEPart
from email.policy import Policy
from typing import Any, Self

from django.core.mail import EmailMultiAlternatives


class Mail(EmailMultiAlternatives):
    """`pictures` are PNG files by their Content-ID, by which `html` names them as `cid:`."""

    def __init__(self, *args: Any, html: str, pictures: Mapping[str, bytes], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.html = html
        self.pictures = pictures
        self._written: dict[Policy | None, EmailMessage] = {}

    def message(self, *, policy: Policy | None = email.policy.default) -> EmailMessage:
        """Written once for each policy: `build` looks whether it can be, and the line sends what was looked at."""
        if policy not in self._written:
            self._written[policy] = self._write(policy)
        return self._written[policy]

    def _write(self, policy: Policy | None) -> EmailMessage:
        message: EmailMessage = super().message(policy=policy)
        message.make_alternative()
        message.attach(_part(self.html.encode(), 'text/html; charset="utf-8"'))
        if self.pictures:
            # As mail programs write it themselves: the alternatives are the first part, and the root (RFC 2387).
            root = MIMEPart(policy)
            root["Content-Type"] = "multipart/alternative"
            root.set_payload(message.get_payload())
            message.replace_header("Content-Type", 'multipart/related; type="multipart/alternative"')
            message.set_payload([root, *(_picture(name, png) for name, png in self.pictures.items())])
        return message


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


def _part(content: bytes, kind: str, **headers: str) -> EmailMessage:
    """In base64, whatever it is: inlined HTML has long lines, and Python writes them letter by letter in other ways."""
    part = EmailMessage(email.policy.compat32)
    told = {"Content-Type": kind, "Content-Transfer-Encoding": "base64", **headers}
    for name, value in told.items():
        part[name] = _Header(name, value)
    part.set_payload(base64.encodebytes(content).decode("ascii"))
    return part


def _picture(name: str, png: bytes) -> EmailMessage:
    shown = {"Content-Disposition": 'inline; filename="price.png"', "Content-ID": f"<{name}>"}
    return _part(png, 'image/png; name="price.png"', **shown)
