"""The line to the mail server: one connection for a pass, and what the server's answers mean."""

import base64
import re
import smtplib
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, mailers
from django.core.mail.backends import smtp

from monitor.delivery.smtp import Listening
from monitor.models import Email
from monitor.provider.redaction import Redactor
from monitor.text.formatting import one_line

LONGEST_ANSWER = 500
_LONG_AS_A_KEY = 12
_CLOSING = 421
#: Answers to RCPT that are about our login, not about the recipient.
_OUR_LOGIN = frozenset({530, 534, 535, 538})
#: Answers to a message's text that are about the mailbox, where no enhanced code says more (RFC 5321, 4.2.3).
_OF_A_MAILBOX = frozenset({550, 551, 553})
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?!\S)")
#: The answer to MAIL that is about the message and not about its sender: it is larger than the server takes (RFC 1870).
_TOO_LARGE = 552


class LineDownError(Exception):
    """No message can be sent at present. Its text holds no secret."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one message; `PENDING` is worth another attempt.

    `code` is the server's, None where it said nothing; `blames_address`: the recipient's address is refused for good.
    """

    status: Email.Status
    text: str = ""
    code: int | None = None
    blames_address: bool = False

    @property
    def enhanced_code(self) -> str:
        """The server's code of RFC 3463, such as '5.1.1', or ''."""
        found = _ENHANCED.match(self.text, 4) if self.code else None
        return found[0] if found else ""


class MailLine:
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

    @property
    def is_open(self) -> bool:
        """Whether a message can be sent without a new connection."""
        return not self.is_down and getattr(self._mailer, "connection", self) is not None

    def open(self) -> None:
        """Make sure that there is a connection, or raise `LineDownError`."""
        try:
            if isinstance(self._mailer, smtp.EmailBackend) and not self.is_open:
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
            refused = Answer(status, self._told(error), _words(error)[0] or None)
            return replace(refused, blames_address=_blames_address(error, refused))
        return self._accepted()

    def _accepted(self) -> Answer:
        connection = getattr(self._mailer, "connection", None)
        if not isinstance(connection, Listening):
            return Answer(Email.Status.SENT)
        code, words = connection.last_answer
        return Answer(Email.Status.SENT, self._clean(f"{code} {_decoded(words)}"), code)

    def _hang_up(self) -> None:
        try:
            self._mailer.close()
        except OSError:
            return  # It is closed all the same, and the answers that matter were read before.

    def _told(self, error: OSError | ValueError) -> str:
        return self._clean(_words(error)[1])

    def _clean(self, words: str) -> str:
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


def _blames_address(error: OSError | ValueError, answer: Answer) -> bool:
    """Whether a refusal for good is about the recipient's address, and not about us or the message (RFC 3463).

    X.1 is the address, but for two codes that are the sender's, and X.2 the mailbox, but for a message that is too long
    for it. A server that gives no such code is taken at its word for the recipient.
    """
    if answer.status is not Email.Status.REFUSED:
        return False
    if answer.enhanced_code:
        subject = answer.enhanced_code.split(".")[1]
        return subject in ("1", "2") and answer.enhanced_code not in ("5.1.7", "5.1.8", "5.2.3")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return answer.code != _TOO_LARGE
    return isinstance(error, smtplib.SMTPDataError) and answer.code in _OF_A_MAILBOX


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
