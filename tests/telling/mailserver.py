"""A mail server on this machine that speaks real SMTP. Tests set its faults."""

import asyncio
import email
import email.policy
import logging
import socket
from collections import deque
from collections.abc import Coroutine, Iterator
from contextlib import closing, contextmanager
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

# aiosmtpd logs from its own thread, past the end of a test.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)


class MailServer:
    """Accepts everything, unless a test queues answers: the next command of that kind gets the
    first one.

    `hang_ups`: how many of the next messages are accepted, but the connection is cut instead of an
    answer. `greets_after`, `answers_after`: seconds before the greeting and before the answer to a
    message."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.recipients: list[str] = []
        self.connections = 0
        self.hang_ups = 0
        self.greets_after = 0.0
        self.answers_after = 0.0
        self.login_answers: deque[str] = deque()
        self.mail_answers: deque[str] = deque()
        self.rcpt_answers: deque[str] = deque()
        self.data_answers: deque[str] = deque()
        self.port = 0

    @property
    def messages(self) -> list[EmailMessage]:
        return [email.message_from_bytes(raw, policy=email.policy.default) for raw in self.raw]

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    def log_in(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: Any
    ) -> AuthResult:
        if self.login_answers:
            return AuthResult(success=False, handled=False, message=self.login_answers.popleft())
        return AuthResult(success=True)

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.mail_answers:
            return self.mail_answers.popleft()
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.rcpt_answers and (answer := self.rcpt_answers.popleft()):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.data_answers and (answer := self.data_answers.popleft()):
            return answer
        assert isinstance(envelope.content, bytes)
        self.raw.append(envelope.content)
        self.recipients += envelope.rcpt_tos
        if self.hang_ups:
            self.hang_ups -= 1
            transport: Any = server.transport
            transport.abort()
        await asyncio.sleep(self.answers_after)
        return "250 OK"


def part(message: EmailMessage, kind: str) -> str:
    """Return the message's 'plain' or 'html' body, with Python's line ends."""
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


class _Greeting(SMTP):
    """Delays the greeting."""

    async def _handle_client(self) -> None:
        try:
            await asyncio.sleep(self.event_handler.greets_after)
        except asyncio.CancelledError:
            transport: Any = self.transport
            transport.abort()  # The client has gone, and nothing else closes the connection.
            raise
        await super()._handle_client()


class _OnASocket(Controller):
    """aiosmtpd's controller on a bound socket: the system chooses the port."""

    def __init__(self, handler: MailServer, bound: socket.socket) -> None:
        host, port = bound.getsockname()
        super().__init__(
            handler, hostname=host, port=port, authenticator=handler.log_in, auth_require_tls=False
        )
        self._bound = bound

    def factory(self) -> SMTP:
        return _Greeting(self.handler, **self.SMTP_kwargs)

    def _create_server(self) -> Coroutine[Any, Any, asyncio.Server]:
        return self.loop.create_server(self._factory_invoker, sock=self._bound)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Serve until the block ends, on a port that the system chooses."""
    server = MailServer()
    with closing(socket.create_server(("127.0.0.1", 0))) as bound:
        server.port = bound.getsockname()[1]
        controller = _OnASocket(server, bound)
        controller.start()
        try:
            yield server
        finally:
            controller.stop()
