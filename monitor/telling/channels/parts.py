"""What every kind of channel takes and returns: values only, no database and no network."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from http.client import responses
from typing import Literal

from django.core.validators import URLValidator

from monitor.models import Alert
from monitor.provider.http import Reply
from monitor.telling.entries import MailEntry
from monitor.text.formatting import Text

#: What a channel keeps of a server's answer, in characters.
LONGEST_ANSWER = 500
JSON = {"Content-Type": "application/json; charset=utf-8"}
#: The call refuses http, except to networks of the operator.
is_address = URLValidator(schemes=["https", "http"])


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says, in the active language. A test message has no entries: its title says
    all."""

    #: The message's ID, the same in each attempt.
    uid: str
    #: Plain text on one line. It may contain foreign names.
    title: str
    #: The most important first.
    entries: Sequence[MailEntry]
    #: The URL of the page with all alerts.
    inbox: str
    #: When the message was written.
    at: datetime
    #: What the first attempt sent, of kinds for programs: later attempts send the same.
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class ChannelTarget:
    """A checked address, and the secret for signatures or ''. Its repr shows neither: both give
    access."""

    url: str = field(repr=False)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Post:
    """One POST request. Its repr shows neither the URL nor the body: tokens and keys are in
    them."""

    url: str = field(repr=False)
    body: bytes = field(repr=False)
    headers: Mapping[str, str]


class SendOutcome(Enum):
    """`LATER`: try again. `REFUSED`: the owner of the channel must act first.

    Without blame of the channel: `REJECTED`, the receiver takes others than this message; `FAILED`,
    it cannot be written; `DROPPED`, it is no longer wanted; `UNWRITTEN`, an error here, so try
    again."""

    SENT = "sent"
    LATER = "later"
    REFUSED = "refused"
    REJECTED = "rejected"
    FAILED = "failed"
    DROPPED = "dropped"
    UNWRITTEN = "unwritten"

    @property
    def is_about_channel(self) -> bool:
        return self in (SendOutcome.SENT, SendOutcome.LATER, SendOutcome.REFUSED)


@dataclass(frozen=True, slots=True)
class SendVerdict:
    """What a reply means.

    `answer` is one line in the platform's words, without a secret of ours, or one of `FAULTS`.
    `code` is the platform's code, or the HTTP status. `advice` tells the owner what to do, if they
    can mend it. `wait` is the shortest time until another attempt."""

    outcome: SendOutcome
    answer: str
    code: int | None = None
    advice: Text = ""
    wait: timedelta | None = None
    #: A mail server's code of RFC 3463, such as '5.1.1', or ''.
    enhanced_code: str = ""


def last_characters(target: ChannelTarget) -> str:
    """Enough of an address to tell it from others, and too little to use it."""
    return f"…{target.url[-4:]}"


@dataclass(frozen=True, slots=True)
class PostSpec:
    """One kind of channel whose messages are each one call to an address that its owner has
    entered: all but mailboxes."""

    kind: str
    #: The shortest time between two messages to one target.
    gap: timedelta
    #: From the address and the secret as typed. Raises `BadTargetError`.
    read_target: Callable[[str, str], ChannelTarget]
    #: The time is now, for signatures.
    write: Callable[[ChannelTarget, Content, datetime], Post]
    #: Accepts any bytes and never raises.
    judge: Callable[[Reply], SendVerdict]
    _: KW_ONLY
    #: Where the user finds the address or key, and what it looks like; '' if the user types none.
    where: Text = ""
    example: str = ""
    #: The user types a key, not an address.
    asks_key: bool = False
    #: Messages are signed with a secret that the user may type.
    is_signed: bool = False
    #: What pages show of an address, which itself is secret.
    ending: Callable[[ChannelTarget], str] = last_characters
    #: The longest call.
    seconds: float = 10.0
    #: How many of the alerts a message holds, whose rest is another message. None: it says how many
    #: more there are.
    fits: Callable[[Sequence[Alert]], int] | None = None
    #: Each message arrives, also when its alerts have been read, and an ID has one body.
    is_for_programs: bool = False


class BadTargetError(ValueError):
    """A typed address or secret cannot be used. `problem` says to the user what to type instead in
    `field`."""

    def __init__(self, problem: Text, field: Literal["url", "secret"] = "url") -> None:
        super().__init__(problem)
        self.problem, self.field = problem, field


def verdict_by_status(reply: Reply, refusals: Mapping[int, Text], advice: Text = "") -> SendVerdict:
    """Return what a reply means by its HTTP status alone.

    `refusals` are the statuses that the owner must act on, with advice. Other failures are tried
    again. The receiver's own words are not read: they may be those of any machine."""
    answer, status = status_line(reply.status), reply.status
    if 200 <= status < 300:
        return SendVerdict(SendOutcome.SENT, answer, status)
    if status in refusals:
        return SendVerdict(SendOutcome.REFUSED, answer, status, refusals[status])
    return SendVerdict(SendOutcome.LATER, answer, status, advice, reply.retry_after)


def status_line(status: int) -> str:
    """Return '503 Service Unavailable'."""
    return f"{status} {responses.get(status, '')}".rstrip()
