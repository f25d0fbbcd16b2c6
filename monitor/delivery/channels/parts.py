"""What every kind of channel takes and returns: values only, no database and no network."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from http.client import responses
from typing import Literal

from django.core.validators import URLValidator

from monitor.delivery.entries import MailEntry
from monitor.outgoing import Reply
from monitor.text.formatting import Text

#: The call refuses http, except to networks of the operator.
is_address = URLValidator(schemes=["https", "http"])


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says, in the active language. A test message has no entries: its title says all."""

    #: The message's ID, the same in each attempt.
    uid: str
    #: Plain text on one line. It may contain foreign names.
    title: str
    #: '5 prices down', '2 off shelf'
    sums: Sequence[str]
    #: The most important first.
    entries: Sequence[MailEntry]
    #: The URL of the page with all alerts.
    inbox: str
    #: When the message was written.
    at: datetime


@dataclass(frozen=True, slots=True)
class ChannelTarget:
    """A checked address, and the secret for signatures or ''. Its repr shows neither: both give access."""

    url: str = field(repr=False)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Post:
    """One POST request. Its repr shows no URL: that of DingTalk contains the token and the signature."""

    url: str = field(repr=False)
    body: bytes
    headers: Mapping[str, str]


class SendOutcome(Enum):
    """`LATER`: try again. `REFUSED`: the owner of the channel must act first."""

    SENT = "sent"
    LATER = "later"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class SendVerdict:
    """What a reply means.

    `answer` is one line in the platform's words, without a secret of ours, or one of `FAULTS`. `code` is the platform's
    code, or the HTTP status. `advice` tells the owner what to do, if they can mend it. `wait` is the shortest time
    until another attempt. `is_by_owner`: the owner has ended the channel, as by logging out, and needs no mail of it.
    """

    outcome: SendOutcome
    answer: str
    code: int | None = None
    advice: Text = ""
    wait: timedelta | None = None
    is_by_owner: bool = False


def last_characters(target: ChannelTarget) -> str:
    """Enough of an address to tell it from others, and too little to use it."""
    return f"…{target.url[-4:]}"


@dataclass(frozen=True, slots=True)
class ChannelSpec:
    """One kind of channel."""

    kind: str
    #: The shortest time between two messages to one target.
    gap: timedelta
    #: From the address and the secret as typed. Raises `BadTargetError`.
    read_target: Callable[[str, str], ChannelTarget]
    #: The time is now, for signatures.
    write: Callable[[ChannelTarget, Content, datetime], Post]
    #: Accepts any bytes and never raises.
    judge: Callable[[Reply], SendVerdict]
    #: Where the user finds the address or key, and what it looks like; '' if the user types none.
    where: Text = ""
    example: str = ""
    #: Messages are signed with a secret that the user may type.
    is_signed: bool = False
    #: What pages show of an address, which itself is secret.
    ending: Callable[[ChannelTarget], str] = last_characters
    #: A message has no more alerts, because it holds all of them. Others say how many more there are.
    most_alerts: int | None = None


class BadTargetError(ValueError):
    """A typed address or secret cannot be used. `problem` says to the user what to type instead in `field`."""

    def __init__(self, problem: Text, field: Literal["url", "secret"] = "url") -> None:
        super().__init__(problem)
        self.problem, self.field = problem, field


def status_line(status: int) -> str:
    """'503 Service Unavailable'."""
    return f"{status} {responses.get(status, '')}".rstrip()
