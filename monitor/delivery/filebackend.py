"""For `EMAIL_URL=file:...`: every message in a file of its own, which a mail program opens."""

import email.policy
import os
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

#: No message takes so long to write. A process that was killed leaves such a file.
STALE_SECONDS = 3600
_NOT_IN_A_NAME = re.compile(r"[^0-9A-Za-z]+")


class FileEmailBackend(BaseEmailBackend):
    """Writes `<time>-<Message-ID>.eml` into the folder `file_path`, which is made when it is missing."""

    def __init__(self, file_path: str | os.PathLike[str], **options: Any) -> None:
        super().__init__(**options)
        self._folder = Path(file_path)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write all messages; raises `OSError` when one cannot be written."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._remove_stale()
        for message in email_messages:
            self._write(message)
        return len(email_messages)

    def _write(self, message: EmailMessage) -> None:
        sent = message.message(policy=email.policy.SMTP)
        name = _NOT_IN_A_NAME.sub("-", str(sent["Message-ID"]).partition("@")[0]).strip("-")
        path = self._folder / f"{timezone.now():%Y%m%d-%H%M%S}-{name[:64]}.eml"
        # Whoever watches the folder never sees half a message.
        unfinished = path.with_suffix(".part")
        try:
            unfinished.write_bytes(sent.as_bytes())
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)

    def _remove_stale(self) -> None:
        for unfinished in self._folder.glob("*.part"):
            with suppress(FileNotFoundError):  # Another process may remove it, or finish it.
                if unfinished.stat().st_mtime < time.time() - STALE_SECONDS:
                    unfinished.unlink()
