"""For `EMAIL_URL=file:...`: writes each message to its own file, which a mail program can open."""

import email.policy
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone


class FileEmailBackend(BaseEmailBackend):
    """Writes `<time>-<Message-ID>.eml` to the folder `file_path`, which it creates if needed."""

    def __init__(self, file_path: str | os.PathLike[str], **options: Any) -> None:
        super().__init__(**options)
        self._folder = Path(file_path)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write the messages. Raises `OSError` if one cannot be written."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            sent = message.message(policy=email.policy.SMTP)
            name = str(sent["Message-ID"]).partition("@")[0].strip("<")
            file = self._folder / f"{timezone.now():%Y%m%d-%H%M%S}-{name}.eml"
            # Renamed when it is whole: a full disk or a killed sender leaves no half a mail.
            part = file.with_suffix(".part")
            part.write_bytes(sent.as_bytes())
            part.replace(file)
        return len(email_messages)
