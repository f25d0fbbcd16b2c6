"""A mail in text and HTML, and the pictures that its HTML shows."""

import email.policy
from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import Policy
from typing import Any

from django.core import mail


class Mail(mail.EmailMultiAlternatives):
    """`pictures` are PNG files by their Content-ID, by which `html` names them as `cid:`."""

    def __init__(self, *args: Any, html: str, pictures: Mapping[str, bytes], **kwargs: Any) -> None:
        super().__init__(*args, alternatives=[(html, "text/html")], **kwargs)
        self.html = html
        self.pictures = pictures

    def message(self, *, policy: Policy | None = email.policy.default) -> EmailMessage:
        message = super().message(policy=policy)
        html = message.get_body(("html",))
        assert html is not None
        for name, png in self.pictures.items():
            html.add_related(png, "image", "png", cid=f"<{name}>", disposition="inline", filename="price.png")
        return message
