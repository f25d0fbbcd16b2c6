"""The line to the mail server: one connection for a pass, and what the server's answers mean."""

import base64
import smtplib
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, mailers
from django.core.mail.backends import smtp

from monitor.formatting import one_line
from monitor.models import Email
from monitor.provider.redaction import Redactor

LONGEST_ANSWER = 500
_LONG_AS_A_KEY = 12
_CLOSING = 421
#: Answers to RCPT that are about our login, not about the recipient.
_OUR_LOGIN = frozenset({530, 534, 535, 538})
#: The answer to MAIL that is about the message and not about its sender: it is larger than the server takes (RFC 1870).
_TOO_LARGE = 552


class LineDownError(Exception):
    """No message can be sent at present. Its text holds no secret."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one message; `PENDING` is worth another attempt."""

    status: Email.Status
    text: str = ""


class Line:
    """Opened when first needed and again after an error; use it as a context manager.

    `is_down` says that the next message would fare no better than the last.
    """

    def __init__(self) -> None:
        self.is_down = False
        self._mailer = mailers.default
        self._redactor = Redactor(*_secrets(self._mailer))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._hang_up()

    def open(self) -> None:
        """Make sure that there is a connection, or raise `LineDownError`."""
        try:
            if isinstance(self._mailer, smtp.EmailBackend):
                self._mailer.prep_address(settings.DEFAULT_FROM_EMAIL)  # Ours to mend: no message is to blame.
            self._mailer.open()
        except (OSError, ValueError) as error:
            self._hang_up()
            self.is_down = True
            raise LineDownError(self._told(error)) from None

    def send(self, message: EmailMultiAlternatives) -> Answer:
        """Send one message to its one recipient. Never raises what the server or the message is to blame for."""
        try:
            self._mailer.send_messages([message])
        except (OSError, ValueError) as error:
            self._hang_up()
            status, self.is_down = judge(error)
            return Answer(status, self._told(error))
        return Answer(Email.Status.SENT)

    def _hang_up(self) -> None:
        try:
            self._mailer.close()
        except OSError:
            return  # It is closed all the same, and the answers that matter were read before.

    def _told(self, error: OSError | ValueError) -> str:
        _code, words = _words(error)
        return one_line(self._redactor.text(words), LONGEST_ANSWER)


def judge(error: OSError | ValueError) -> tuple[Email.Status, bool]:
    """What becomes of a message whose sending raised `error`, and whether the line is down for all others too.

    Refusals of the recipient or of the message are permanent with 5xx and temporary with 4xx. A refused sender is
    our configuration's fault, and everything else the line's.
    """
    if isinstance(error, ValueError):
        return Email.Status.FAILED, False  # The recipient's address cannot be one.
    code, _text = _words(error)
    about_the_message = isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError) or (
        isinstance(error, smtplib.SMTPSenderRefused) and code == _TOO_LARGE
    )
    if not about_the_message or code == _CLOSING or code in _OUR_LOGIN or not 400 <= code < 600:
        return Email.Status.PENDING, True
    return (Email.Status.PENDING if code < 500 else Email.Status.REFUSED), False


def _words(error: OSError | ValueError) -> tuple[int, str]:
    """The server's code and its words; without an answer of the server's, 0 and the error's own words."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        (answer,) = error.recipients.values()
        return answer[0], f"{answer[0]} {_decoded(answer[1])}"
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code, f"{error.smtp_code} {_decoded(error.smtp_error)}"
    if isinstance(error, UnicodeError):
        return 0, type(error).__name__  # Its text quotes a letter of the password that could not be sent.
    return 0, f"{type(error).__name__}: {error}"


def _decoded(words: bytes | str) -> str:
    return words.decode(errors="replace") if isinstance(words, bytes) else words


def _secrets(mailer: object) -> list[str]:
    """The password, and a user name that may be a key too, in every form in which a server may repeat them."""
    if not isinstance(mailer, smtp.EmailBackend) or not mailer.password:
        return []
    name, password = mailer.username or "", mailer.password
    forms = [base64.b64encode(text.encode()).decode() for text in (f"\0{name}\0{password}", password)]
    return [password, *forms, *([name] if len(name) >= _LONG_AS_A_KEY else [])]
