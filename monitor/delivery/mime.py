"""A mail with pictures of its own: text and HTML as alternatives, and beside them the pictures that the HTML shows."""

import base64
import email.policy
from collections.abc import Mapping
from email.message import EmailMessage, MIMEPart
from email.policy import Policy
from typing import Any

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
        # Inlined HTML has long lines. Base64 is made in C, the other way to write them letter by letter.
        message.add_alternative(self.html, subtype="html", charset="utf-8", cte="base64")
        if self.pictures:
            # As mail programs write it themselves: the alternatives are the first part, and the root (RFC 2387).
            root = MIMEPart(policy)
            root["Content-Type"] = "multipart/alternative"
            root.set_payload(message.get_payload())
            message.replace_header("Content-Type", 'multipart/related; type="multipart/alternative"')
            message.set_payload([root, *(_picture(name, png) for name, png in self.pictures.items())])
        return message


def _picture(name: str, png: bytes) -> MIMEPart:
    """Its headers are read once for all pictures: reading them takes longer than drawing one."""
    part = MIMEPart(email.policy.compat32)
    for header, value in _HEADERS.items():
        part[header] = value
    part["Content-ID"] = f"<{name}>"
    part.set_payload(base64.encodebytes(png).decode("ascii"))
    return part


_HEADERS = {
    header: email.policy.SMTP.header_factory(header, value)
    for header, value in {
        "Content-Type": 'image/png; name="price.png"',
        "Content-Transfer-Encoding": "base64",
        "Content-Disposition": 'inline; filename="price.png"',
    }.items()
}
