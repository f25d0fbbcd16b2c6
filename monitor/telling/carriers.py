"""What takes messages out of the house: one connection to the mail server, or many calls at
once."""

from collections.abc import Collection
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime
from typing import ClassVar

from monitor.models import ChannelKind, Message
from monitor.telling import message as mails
from monitor.telling import posts
from monitor.telling.channels import POSTS
from monitor.telling.channels.mail import MailConnection
from monitor.telling.channels.parts import SendVerdict


class Carrier(AbstractContextManager["Carrier"]):
    """Sends `slots` messages at once, while a pass holds `ahead` claimed ones."""

    kinds: ClassVar[Collection[str]]
    takes_letters: ClassVar[bool] = False
    slots: ClassVar[int]
    ahead: ClassVar[int] = 0

    @property
    def is_down(self) -> bool:
        """Whether no message can be sent now."""
        return False

    def open(self) -> None:
        """Make sure that a message can be sent. Raises `MailServerDownError`."""

    def send(self, message: Message, now: datetime) -> Future[SendVerdict]:
        """Write a message and begin to send it. Raises `NoMessageError` or `SealError`."""
        raise NotImplementedError


class Mails(Carrier):
    """One connection for all mails of a pass, opened when first needed."""

    kinds = (ChannelKind.MAIL.value,)
    takes_letters = True
    slots, ahead = 1, 19

    def __init__(self) -> None:
        self._connection = MailConnection()

    def __exit__(self, *error: object) -> None:
        self._connection.close()

    @property
    def is_down(self) -> bool:
        return self._connection.is_down

    def open(self) -> None:
        self._connection.open()

    def send(self, message: Message, now: datetime) -> Future[SendVerdict]:
        future: Future[SendVerdict] = Future()
        future.set_result(self._connection.send(mails.build(message)))
        return future


class Posts(Carrier):
    """A thread for each call: a slow receiver holds up no other."""

    kinds = tuple(POSTS)
    slots = 32

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(self.slots, thread_name_prefix="channel")

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown()

    def send(self, message: Message, now: datetime) -> Future[SendVerdict]:
        assert message.channel is not None
        return self._pool.submit(posts.send, message.channel.kind, posts.write(message, now))
