"""Adds and mends channels: an address is used when a test message has arrived at it.

Everything raises `ValidationError` with the fields as users know them.
"""

from dataclasses import asdict, replace
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.forms import ChoiceField
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from monitor.models import Channel, ChannelKind, User
from monitor.models.sealing import SealError
from monitor.people import channels as writes
from monitor.people import throttle
from monitor.telling import posts
from monitor.telling.channels import POSTS
from monitor.telling.channels.parts import BadTargetError, ChannelTarget, SendOutcome

#: Test messages of one user.
TESTS = throttle.Limit("channel-tests", burst=5, every=timedelta(minutes=6))
#: Of a channel whose kind has ended. The migration `0015_ended_channels` tells it, too.
ENDED = _("Stallwatch no longer sends to this platform. Add another channel, then remove this one.")
#: The kinds whose address users type, with their names.
TYPED_KINDS = [
    (kind, label) for kind, label in ChannelKind.choices if kind in POSTS and POSTS[kind].example
]


def read_target(kind: str, url: str, secret: str) -> ChannelTarget:
    """Return the checked address of a new channel, with its signing secret or ''."""
    if kind not in dict(TYPED_KINDS):
        words = ChoiceField.default_error_messages["invalid_choice"]
        raise ValidationError({"kind": str(words) % {"value": kind}})
    return _checked(kind, url, secret)


def read_new_target(channel: Channel, url: str, secret: str) -> ChannelTarget:
    """Return another address for a channel. Without `url` it is the old one, then without `secret`
    with the old one."""
    if channel.is_ended:
        raise ValidationError({"url": ENDED})
    try:
        if not url:
            old = ChannelTarget(**channel.target)
            url, secret = old.url, secret or old.secret
    except SealError:
        raise ValidationError(
            {"url": _("The old address cannot be read any more: enter it again.")}
        ) from None
    return _checked(channel.kind, url, secret)


def _checked(kind: str, url: str, secret: str) -> ChannelTarget:
    try:
        return POSTS[kind].read_target(url, secret)
    except BadTargetError as error:
        raise ValidationError({error.field: str(error.problem)}) from None


def add(user: User, kind: str, name: str, target: ChannelTarget, now: datetime) -> Channel:
    """Add a channel if a test message arrives. Raises `TooOftenError` after too many tests."""
    writes.check_room(user, name)
    _try_out(kind, target, user, now)
    return writes.add(user, kind, name, asdict(target), POSTS[kind].ending(target), now)


def mend(channel: Channel, target: ChannelTarget, now: datetime) -> None:
    """Use a channel with this address if a test message arrives. With only another secret the old
    ones sign, too, for some time.

    Raises `TooOftenError` after too many tests, and `Channel.DoesNotExist`.
    """
    if rotates := writes.is_only_secret_new(channel, target.url, target.secret):
        target = replace(target, secret=writes.overlapping(channel, target.secret, now))
    _try_out(channel.kind, target, channel.owner, now)
    writes.mend(channel, asdict(target), POSTS[channel.kind].ending(target), now, rotates=rotates)


def _try_out(kind: str, target: ChannelTarget, user: User, now: datetime) -> None:
    if wait := throttle.take(TESTS, str(user.pk), now):
        raise throttle.TooOftenError(wait)
    verdict = posts.try_out(kind, target, user, now)
    if verdict.outcome is SendOutcome.SENT:
        return
    text = gettext("The test message did not arrive: %(answer)s") % {
        "answer": gettext(verdict.answer)
    }
    raise ValidationError([text, str(verdict.advice)] if verdict.advice else text)
