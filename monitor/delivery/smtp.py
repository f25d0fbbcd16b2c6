"""Django's SMTP backend, on a connection that remembers what the server said when it took a message."""

import smtplib
from typing import Any

from django.core.mail.backends import smtp


class Listening:
    """The part of a connection that remembers: smtplib drops the answer to a message that was taken."""

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
