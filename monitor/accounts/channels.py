"""Writes a user's channels. Secrets come in as they were typed and are stored encrypted."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction

from monitor import audit
from monitor.budget.allowances import lock
from monitor.models import AuditKind, Channel, Message, User, Watchlist
from monitor.models.channels import seal_target
from monitor.timing.waiting import follow_plan

#: Channels of one person.
MOST_CHANNELS = 20


class TooManyChannelsError(Exception):
    """The person has `MOST_CHANNELS` already."""


class ChannelNameTakenError(Exception):
    """The person has a channel of that name already."""


@transaction.atomic
def add(owner: User, kind: str, name: str, target: dict[str, Any], ending: str, now: datetime) -> Channel:
    """Add a channel on which a test message has arrived, and mail that to its owner.

    Raises `TooManyChannelsError` or `ChannelNameTakenError`.
    """
    lock(owner)
    if owner.channels.filter(name=name).exists():
        raise ChannelNameTakenError
    if owner.channels.count() >= MOST_CHANNELS:
        raise TooManyChannelsError
    channel = Channel.objects.create(
        owner=owner, kind=kind, name=name, next_send_at=now, created_at=now, **_confirmed(target, ending, now)
    )
    audit.record(AuditKind.CHANNEL_ADDED, person=owner, about=name)
    # The mail tells of the channel even when it has been removed meanwhile.
    context = {"kind": kind, "channel": name}
    Message.to(owner, now, kind=Message.Kind.CHANNEL_ADDED, context=context).save(force_insert=True)
    return channel


@transaction.atomic
def mend(channel: Channel, target: dict[str, Any], ending: str, now: datetime) -> None:
    """Use a channel again, with this address, after a test message has arrived. Raises `Channel.DoesNotExist`."""
    # The test has taken some time: only what it is about is written.
    own = Channel.objects.filter(pk=channel.pk)
    if not own.update(**_confirmed(target, ending, now)):
        raise Channel.DoesNotExist
    own.use_now(now)
    channel.messages.retry(now)
    audit.record(AuditKind.CHANNEL_CHANGED, person=channel.owner, about=channel.name)


@transaction.atomic
def change(channel: Channel, left_out: Collection[Watchlist], now: datetime) -> None:
    """Save the settings of a channel. Its waiting alerts follow them. Raises `ChannelNameTakenError`."""
    lock(channel.owner)
    if channel.owner.channels.exclude(pk=channel.pk).filter(name=channel.name).exists():
        raise ChannelNameTakenError
    channel.save(update_fields=["name", "how", "only_urgent", "is_paused"])
    channel.left_out.set(left_out)
    follow_plan(channel.owner, now)


@transaction.atomic
def pause_all(owner: User) -> None:
    """Pause every channel of a user, whose account a stranger may have used."""
    used = owner.channels.filter(is_paused=False)
    for channel in used:
        audit.record(AuditKind.CHANNEL_CHANGED, person=owner, about=channel.name)
    used.update(is_paused=True)


@transaction.atomic
def remove(channel: Channel) -> None:
    audit.record(AuditKind.CHANNEL_REMOVED, person=channel.owner, about=channel.name)
    channel.delete()


def _confirmed(target: dict[str, Any], ending: str, now: datetime) -> dict[str, Any]:
    """The fields of a channel on which a test message has arrived."""
    return {
        "sealed": seal_target(target),
        "ending": ending,
        "confirmed_at": now,
        "refused_at": None,
        "failing_since": None,
        "failures": 0,
        "answer": "",
        "advice": "",
    }
