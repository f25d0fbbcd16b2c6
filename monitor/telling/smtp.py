"""Django's SMTP backend, which also keeps the server's answer to an accepted message."""

import smtplib
from typing import Any

from django.core.mail.backends import smtp


class Listening:
    """Keeps the answer to an accepted message, which smtplib drops."""

    last_answer: tuple[int, bytes] = (0, b"")

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.last_answer = super().data(msg)  # type: ignore[misc]
        return self.last_answer


class _Plain(Listening, smtplib.SMTP):
    pass


class _Encrypted(Listening, smtplib.SMTP_SSL):
    pass


class SMTPEmailBackend(smtp.EmailBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _Encrypted if self.use_ssl else _Plain
