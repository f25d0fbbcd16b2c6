"""For `EMAIL_URL=file:...`: writes each message to its own file, which a mail program can open."""

import email.policy
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

_NOT_IN_A_NAME = re.compile(r"[^0-9A-Za-z]+")


class FileEmailBackend(BaseEmailBackend):
    """Writes `<time>-<Message-ID>.eml` to the folder `file_path`, which it creates if needed."""

    def __init__(self, file_path: str | os.PathLike[str], **options: Any) -> None:
        super().__init__(**options)
        self._folder = Path(file_path)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Raises `OSError` if a message cannot be written."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            self._write(message)
        return len(email_messages)

    def _write(self, message: EmailMessage) -> None:
        sent = message.message(policy=email.policy.SMTP)
        name = _NOT_IN_A_NAME.sub("-", str(sent["Message-ID"]).partition("@")[0]).strip("-")
        path = self._folder / f"{timezone.now():%Y%m%d-%H%M%S}-{name[:64]}.eml"
        # Renamed when complete, so a reader of the folder never sees half a message.
        unfinished = path.with_suffix(".part")
        try:
            unfinished.write_bytes(sent.as_bytes())
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
