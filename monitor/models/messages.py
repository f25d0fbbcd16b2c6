"""Messages that report alerts, and letters about accounts; together they are the outbox."""

import uuid
from datetime import datetime, timedelta
from typing import Any, Self
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.encoding import punycode
from django.utils.translation import gettext_lazy as _

from monitor.models.alerts import Alert
from monitor.models.channels import Channel
from monitor.models.clock import future_from
from monitor.models.users import User

#: How long what a message said is kept, so that it can be sent again.
KEPT_WHOLE = timedelta(days=7)


class MessageQuerySet(models.QuerySet["Message"]):
    def waiting(self) -> Self:
        """Return messages that more alerts can join: neither claimed nor tried yet. The oldest
        first."""
        pending = self.filter(
            status=Message.Status.PENDING,
            kind__in=Message.OF_ALERTS,
            lease__isnull=True,
            attempts=0,
        )
        return pending.oldest_first()

    def retry(self, now: datetime) -> int:
        """Let messages that were tried in vain go at once: what they lead to works again."""
        tried = self.filter(status=Message.Status.PENDING, lease__isnull=True, attempts__gt=0)
        return tried.update(next_attempt_at=now)

    def make_due(self, now: datetime) -> int:
        """Let untried messages that were written in the future go at once: the clock was set back.
        A digest waits for its hour. Served by the index `message_newest`."""
        untried = self.filter(status=Message.Status.PENDING, lease__isnull=True, attempts=0)
        ahead = untried.filter(created_at__gt=future_from(now)).exclude(kind=Message.Kind.DIGEST)
        return ahead.update(created_at=now, next_attempt_at=now)

    def letters(self) -> Self:
        """Return messages without alerts: they go to an address, whatever becomes of the
        recipient's channels."""
        return self.filter(channel__isnull=True)

    def alert_mails(self) -> Self:
        """Return messages of alerts that went, or will go, to mailboxes: no other channel's message
        has an address."""
        return self.filter(channel__isnull=False).exclude(address="")

    def due(self, now: datetime) -> Self:
        """Return messages to send, those that wait the longest first."""
        return self.filter(status=Message.Status.PENDING, next_attempt_at__lte=now).order_by(
            "next_attempt_at", "pk"
        )

    def repeatable(self, now: datetime) -> Self:
        """Return the messages that their reader may have sent once more, on channels that are in
        use."""
        done = (Message.Status.SENT, Message.Status.FAILED)
        in_use = self.filter(channel__is_paused=False, channel__refused_at=None)
        return in_use.filter(status__in=done, created_at__gt=now - KEPT_WHOLE)

    def oldest_first(self) -> Self:
        """Order by age, however often they were tried. A digest is as old as its period's end."""
        return self.order_by(Coalesce("until", "created_at"), "pk")


class Message(models.Model):
    """One message of alerts to one channel, or one letter to an address; together they are the
    outbox.

    An address without an account has no `recipient`: then the context holds the language.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("pending")
        SENT = "sent", _("sent")
        REFUSED = "refused", _("refused for good")
        FAILED = "failed", _("given up")
        DROPPED = "dropped", _("no longer wanted")
        #: The channel is refused; see `monitor.telling.refusing`.
        HELD = "held", _("held")

    class Kind(models.TextChoices):
        ALERTS = "alerts", _("alerts")
        DIGEST = "digest", _("digest")
        POLLING_STOPPED = "polling_stopped", _("checks stopped")
        INVITATION = "invitation", _("invitation")
        PASSWORD_RESET = "password_reset", _("lost password")
        PASSWORD_CHANGED = "password_changed", _("password changed")
        JOIN = "join", _("new account")
        ACCOUNT_EXISTS = "account_exists", _("account exists")
        ADDRESS_CONFIRM = "address_confirm", _("new address")
        ADDRESS_CHANGED = "address_changed", _("address changed")
        ADDRESS_TEST = "address_test", _("address test")
        ACCOUNT_DELETED = "account_deleted", _("account deleted")
        NEW_DEVICE = "new_device", _("new device")
        SECOND_FACTOR = "second_factor", _("two-step verification changed")
        LOGIN_CODE = "login_code", _("code to log in")
        TOKEN_MADE = "token_made", _("API token created")
        CHANNEL_ADDED = "channel_added", _("channel added")
        CHANNEL_REFUSED = "channel_refused", _("channel refused")
        LIST_TRANSFERRED = "list_transferred", _("watchlist transferred")

    #: Kinds that report alerts: only these go to channels.
    OF_ALERTS = (Kind.ALERTS, Kind.DIGEST)

    #: Kinds that a user waits for in front of a form.
    AWAITED = (Kind.LOGIN_CODE, Kind.PASSWORD_RESET)

    class Period(models.TextChoices):
        HOUR = "hour", _("hourly digest")
        DAY = "day", _("daily digest")
        WEEK = "week", _("weekly digest")

    recipient = models.ForeignKey(
        User, models.CASCADE, null=True, related_name="received", verbose_name=_("recipient")
    )
    #: Empty: a letter.
    channel = models.ForeignKey(
        Channel, models.CASCADE, null=True, related_name="messages", verbose_name=_("channel")
    )
    #: Of a mail. Fixed when it is written: a later change of the user's address must not redirect
    #: it.
    address = models.EmailField(_("address"), blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices, default=Kind.ALERTS)
    context = models.JSONField(_("context"), default=dict, editable=False)
    #: A digest's period and its end, as in the context: the constraint on them prevents a second
    #: digest.
    period = models.CharField(
        _("period"), max_length=4, choices=Period.choices, blank=True, editable=False
    )
    until = models.DateTimeField(_("until"), null=True, editable=False)
    alerts = models.ManyToManyField(Alert, through="MessageAlert", related_name="messages")
    #: Stored before the first attempt and reused by later ones, so a second copy is recognised: a
    #: mail's Message-ID and a webhook's ID.
    uid = models.CharField(_("Message-ID"), max_length=200, unique=True)
    #: What the first attempt sent to a program: whatever changes later, an ID has one body.
    sent_body = models.TextField(null=True, editable=False)  # noqa: DJ001 - None: unknown.
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.PENDING
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"))
    lease = models.UUIDField(null=True, editable=False)
    answer = models.CharField(_("last server answer"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("created"))
    sent_at = models.DateTimeField(_("sent"), null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "period", "until"],
                condition=models.Q(kind="digest"),
                name="message_digest_once",
            ),
        ]
        indexes = [
            # Due letters are a short range at the start of this index.
            models.Index(
                fields=["next_attempt_at"],
                name="message_due",
                condition=models.Q(status="pending", channel__isnull=True),
            ),
            # The messages of a channel that wait, the oldest first.
            models.Index(
                fields=["channel", "next_attempt_at"],
                name="message_channel_due",
                condition=models.Q(status="pending", channel__isnull=False),
            ),
            models.Index(fields=["-created_at"], name="message_newest"),
            # Each pass of the outbox looks for these.
            models.Index(
                fields=["channel"], name="message_held", condition=models.Q(status="held")
            ),
            # Finds a user's waiting messages, so that more alerts join them.
            models.Index(
                fields=["recipient"], name="message_waiting", condition=models.Q(status="pending")
            ),
        ]

    def __str__(self) -> str:
        return (
            f"{self.channel or self.address} {timezone.localtime(self.created_at):%Y-%m-%d %H:%M}"
        )

    @classmethod
    def of_alerts(cls, channel: Channel, now: datetime, **fields: Any) -> Self:
        """Return an unsaved message to a channel, due at once, with a new ID."""
        address = channel.owner.email if channel.is_mail else ""
        return cls.to_address(address, now, recipient=channel.owner, channel=channel, **fields)

    @classmethod
    def to(cls, recipient: User, now: datetime, **fields: Any) -> Self:
        """Return an unsaved letter to `recipient`."""
        return cls.to_address(recipient.email, now, recipient=recipient, **fields)

    @classmethod
    def to_address(cls, address: str, now: datetime, **fields: Any) -> Self:
        """Return an unsaved letter to an address that may have no account."""
        return cls(
            address=address,
            uid=new_uid(),
            next_attempt_at=now,
            created_at=now,
            **fields,
        )


class MessageAlert(models.Model):
    """An alert reported in a message.

    `recipient` and `channel` are the message's: the constraint prevents a second report. `count` is
    the alert's at that time: later firings of it are reported again."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="+")
    alert = models.ForeignKey(Alert, models.CASCADE, related_name="+")
    recipient = models.ForeignKey(User, models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+")
    count = models.PositiveIntegerField(default=1, db_default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["alert", "channel"], name="message_alert_once")
        ]


def new_uid() -> str:
    """Return an ID for one message."""
    return f"{uuid.uuid4().hex}@{mail_host()}"


def mail_host() -> str:
    """Return the site's host name in ASCII, for identifiers in mails."""
    return punycode(urlsplit(settings.SITE_URL).hostname or "localhost")
