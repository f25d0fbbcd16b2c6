"""Writes a user's channels. Secrets come in as they were typed and are stored encrypted."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import Field
from django.utils.translation import gettext

from monitor.models import AuditKind, Channel, ChannelChoice, ChannelKind, Message, User
from monitor.models.channels import seal_target
from monitor.models.names import refuse_web_addresses
from monitor.models.sealing import SealError
from monitor.people import audit, mail_limits
from monitor.people.allowances import lock
from monitor.people.timing.waiting import follow_times

#: Channels of one person.
MOST_CHANNELS = 20


def check_name(owner: User, name: str, own: Channel | None = None) -> None:
    """Raise `ValidationError` unless a new channel of `owner`, or their channel `own`, may have
    this name."""
    try:
        _refuse_name(owner, name, own)
    except ValidationError as error:
        raise ValidationError({"name": error}) from None


def _refuse_name(owner: User, name: str, own: Channel | None) -> None:
    if not name:
        raise ValidationError(Field.default_error_messages["required"])
    refuse_web_addresses(name)
    if owner.channels.exclude(pk=own.pk if own else 0).filter(name=name).exists():
        raise ValidationError(gettext("You have a channel of that name already."))


def check_room(owner: User, name: str) -> None:
    """Raise `ValidationError` unless `owner` may have another channel of this name."""
    check_name(owner, name)
    if owner.channels.added().count() >= MOST_CHANNELS:
        words = gettext("You have %(count)d channels: remove one first.")
        raise ValidationError(words % {"count": MOST_CHANNELS})


@transaction.atomic
def add(
    owner: User, kind: str, name: str, target: dict[str, Any], ending: str, now: datetime
) -> Channel:
    """Add a channel on which a test message has arrived, and mail that to its owner.

    Raises `ValidationError`: see `check_room`.
    """
    lock(owner.pk)
    check_room(owner, name)
    channel = Channel.objects.create(
        owner=owner,
        kind=kind,
        name=name,
        next_send_at=now,
        created_at=now,
        **_confirmed(target, ending, now),
    )
    audit.record(AuditKind.CHANNEL_ADDED, person=owner, about=name)
    # The mail tells of the channel even when it has been removed meanwhile.
    context = {"kind": kind, "channel": name}
    mail_limits.post(Message.to(owner, now, kind=Message.Kind.CHANNEL_ADDED, context=context))
    return channel


@transaction.atomic
def mend(
    channel: Channel, target: dict[str, Any], ending: str, now: datetime, *, rotates: bool = False
) -> None:
    """Use a channel again, with this address, after a test message has arrived; `rotates`: its
    secrets are `overlapping`. Raises `Channel.DoesNotExist`."""
    # The test has taken some time: only what it is about is written.
    own = Channel.objects.filter(pk=channel.pk)
    is_same = secret_of(channel) == target["secret"]
    kept = channel.rotated_at if is_same else None
    rotated_at = now if rotates else kept
    if not own.update(**_confirmed(target, ending, now), rotated_at=rotated_at):
        raise Channel.DoesNotExist
    own.use_now(now)
    channel.messages.retry(now)
    audit.record(AuditKind.CHANNEL_CHANGED, person=channel.owner, about=channel.name)


@transaction.atomic
def rotate_secret(channel: Channel, secret: str, now: datetime) -> None:
    """Sign with a new secret from now on, and with those before for some time. Raises
    `SealError`."""
    own = Channel.objects.select_for_update(no_key=True).get(pk=channel.pk)
    own.sealed = seal_target({**own.target, "secret": overlapping(own, secret, now)})
    own.rotated_at = now
    own.save(update_fields=["sealed", "rotated_at"])
    audit.record(AuditKind.CHANNEL_CHANGED, person=own.owner, about=own.name)


def overlapping(channel: Channel, secret: str, now: datetime) -> str:
    """Return a new secret with the newest and the oldest of those that sign now. Raises
    `SealError`."""
    # After two changes the program may still have the oldest one.
    before = channel.target_at(now)["secret"].split()
    return " ".join(dict.fromkeys([secret, *before[:1], *before[-1:]]))


def is_only_secret_new(channel: Channel, url: str, secret: str) -> bool:
    """Return whether a webhook keeps its address and gets another secret, and not several."""
    if channel.kind != ChannelKind.WEBHOOK or not (old := secret_of(channel)):
        return False
    return url == channel.target["url"] and secret not in ("", old) and " " not in secret


@transaction.atomic
def change(channel: Channel, chosen: Mapping[int, str], now: datetime) -> None:
    """Save the settings of a channel, and its choices for watchlists, by their keys. Its waiting
    alerts follow them. Other watchlists keep their choice.

    A choice is a `How`, `ChannelChoice.OFF` for no alerts, or '' for how the channel gets those of
    other lists. Raises `ValidationError`: see `check_name`."""
    lock(channel.owner_id)
    if not channel.is_mail:
        check_name(channel.owner, channel.name, channel)
    channel.save(update_fields=["name", "how", "only_urgent", "is_paused"])
    for key, how in chosen.items():
        _choose(channel, key, how)
    follow_times(channel.owner, now)


@transaction.atomic
def want(channel: Channel, wanted: Mapping[int, bool], now: datetime) -> None:
    """Leave watchlists out, by their keys, or not. Alerts that are wanted again come as before."""
    for key, is_wanted in wanted.items():
        kept = channel.choices.filter(watchlist=key).first()
        how_before = kept.how if kept else ""
        _choose(channel, key, how_before if is_wanted else ChannelChoice.OFF)
    follow_times(channel.owner, now)


def _choose(channel: Channel, watchlist: int, how: str) -> None:
    """Store what is chosen for a list, by its key. Leaving it out keeps how its alerts came."""
    if not how:
        channel.choices.filter(watchlist=watchlist).delete()
        return
    is_off = how == ChannelChoice.OFF
    values = {"is_off": True} if is_off else {"how": how, "is_off": False}
    channel.choices.update_or_create(watchlist_id=watchlist, defaults=values)


def renew_mailbox(owner: User, now: datetime) -> None:
    """Use the mailbox at the new address of its owner: the old one may have been refused."""
    mailbox = Channel.objects.mail().filter(owner=owner)
    mailbox.update(confirmed_at=now)
    mailbox.end_refusal()


@transaction.atomic
def pause_all(owner: User) -> None:
    """Pause every channel that was added to an account that a stranger may have used."""
    used = owner.channels.added().filter(is_paused=False)
    for channel in used:
        audit.record(AuditKind.CHANNEL_CHANGED, person=owner, about=channel.name)
    used.update(is_paused=True)


@transaction.atomic
def remove(channel: Channel) -> None:
    audit.record(AuditKind.CHANNEL_REMOVED, person=channel.owner, about=channel.name)
    channel.delete()


def secret_of(channel: Channel) -> str:
    """Return the channel's signing secret; '' if it has none or the secret cannot be read."""
    with suppress(SealError):
        return str(channel.target.get("secret", ""))
    return ""


def _confirmed(target: dict[str, Any], ending: str, now: datetime) -> dict[str, Any]:
    """Return the fields of a channel on which a test message has arrived."""
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
