"""Mail: the connection to the mail server, one for a pass, and the meaning of the server's
answers."""

import base64
import re
import smtplib
from contextlib import suppress

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, mailers
from django.core.mail.backends import smtp

from monitor.provider.redaction import Redactor
from monitor.telling.channels.parts import LONGEST_ANSWER, SendOutcome, SendVerdict
from monitor.text.formatting import one_line

#: A user name of this length may be a secret key.
_KEY_LENGTH = 12
_CLOSING = 421
#: Answers to RCPT that are about our login, not the recipient.
_OUR_LOGIN = frozenset({530, 534, 535, 538})
#: Answers to DATA that are about the mailbox, unless an enhanced code says otherwise (RFC 5321,
#: 4.2.3).
_OF_A_MAILBOX = frozenset({550, 551, 553})
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?!\S)")
#: The answer to MAIL that is about the message, not its sender: the message is too large (RFC
#: 1870).
_TOO_LARGE = 552


class MailServerDownError(Exception):
    """No message can be sent now. The text contains no secret."""


class MailConnection:
    """Opened when first needed and again after an error. `is_down`: the next message would fail,
    too."""

    def __init__(self) -> None:
        self.is_down = False
        self._mailer = mailers.default
        self._redactor = Redactor(*_secrets(self._mailer))

    def open(self) -> None:
        """Make sure that there is a connection, or raise `MailServerDownError`."""
        try:
            if isinstance(self._mailer, smtp.EmailBackend) and self._mailer.connection is None:
                # Raises ValueError if the sender is misconfigured, which is not the fault of a
                # message.
                self._mailer.prep_address(settings.DEFAULT_FROM_EMAIL)
            self._mailer.open()
        except (OSError, ValueError) as error:
            self.close()
            self.is_down = True
            raise MailServerDownError(self._clean(_words(error)[1])) from None

    def send(self, message: EmailMultiAlternatives) -> SendVerdict:
        """Send one message to its one recipient. Errors of the server or the message become a
        verdict."""
        try:
            self._mailer.send_messages([message])
        except (OSError, ValueError) as error:
            self.close()
            code, words = _words(error)
            answer = self._clean(words)
            enhanced_code = _enhanced_code(code, answer)
            outcome, self.is_down = judge(error, enhanced_code)
            return SendVerdict(outcome, answer, code or None, enhanced_code=enhanced_code)
        return SendVerdict(SendOutcome.SENT, "")

    def close(self) -> None:
        # After an error it is closed too, and the important answers were read before.
        with suppress(OSError):
            self._mailer.close()

    def _clean(self, words: str) -> str:
        return one_line(self._redactor.text(words), LONGEST_ANSWER)


def judge(error: OSError | ValueError, enhanced_code: str) -> tuple[SendOutcome, bool]:
    """Return the outcome for a message whose sending raised `error`, and whether the connection is
    down for the others, too.

    A refusal of the recipient or the message is permanent with 5xx and temporary with 4xx. All
    else, such as a refused sender, concerns the connection."""
    if isinstance(error, ValueError):
        return SendOutcome.FAILED, False  # The recipient's address is invalid.
    code, _text = _words(error)
    about_the_message = isinstance(
        error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError
    ) or (isinstance(error, smtplib.SMTPSenderRefused) and code == _TOO_LARGE)
    if not about_the_message or code == _CLOSING or code in _OUR_LOGIN or not 400 <= code < 600:
        return SendOutcome.LATER, True
    if code < 500:
        return SendOutcome.LATER, False
    return SendOutcome.REFUSED if _blames_address(
        error, code, enhanced_code
    ) else SendOutcome.REJECTED, False


def _blames_address(error: OSError, code: int, enhanced_code: str) -> bool:
    """Return whether a permanent refusal is about the recipient's address, not about us or the
    message (RFC 3463).

    X.1 is about the address, except two codes about the sender; X.2 about the mailbox, except a
    message too long for it. Without such a code, the command that was refused decides."""
    if enhanced_code:
        subject = enhanced_code.split(".")[1]
        return subject in ("1", "2") and enhanced_code not in ("5.1.7", "5.1.8", "5.2.3")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return code != _TOO_LARGE
    return isinstance(error, smtplib.SMTPDataError) and code in _OF_A_MAILBOX


def _enhanced_code(code: int, answer: str) -> str:
    match = _ENHANCED.match(answer, 4) if code else None
    return match[0] if match else ""


def _words(error: OSError | ValueError) -> tuple[int, str]:
    """Return the server's code and text; without an answer of the server 0 and the error's own
    text."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        (answer,) = error.recipients.values()
        return answer[0], f"{answer[0]} {_decoded(answer[1])}"
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code, f"{error.smtp_code} {_decoded(error.smtp_error)}"
    if isinstance(error, UnicodeError):
        return 0, type(error).__name__  # Its text quotes a character of the password.
    return 0, f"{type(error).__name__}: {error}"


def _decoded(words: bytes | str) -> str:
    return words.decode(errors="replace") if isinstance(words, bytes) else words


def _secrets(mailer: object) -> list[str]:
    """Return the password, and a user name that may be a key, in every form that a server may
    repeat."""
    if not isinstance(mailer, smtp.EmailBackend) or not mailer.password:
        return []
    name, password = mailer.username or "", mailer.password
    forms = [
        base64.b64encode(text.encode()).decode() for text in (f"\0{name}\0{password}", password)
    ]
    return [password, *forms, *([name] if len(name) >= _KEY_LENGTH else [])]
