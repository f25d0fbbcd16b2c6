"""Where a user's alerts go: their mailbox, group robots, apps, webhooks, browsers."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from monitor.judging.mail_times import How
from monitor.models.sealing import seal, unseal
from monitor.models.users import HOW_CHOICES, User
from monitor.models.watchlists import Watchlist

#: How long an old signing secret signs beside a new one.
SECRETS_OVERLAP = timedelta(days=1)
#: Longer than a channel that works is leased, or rests between two messages.
LONGEST_GAP = timedelta(minutes=15)
_PURPOSE = "monitor.channels"
#: A message may be sent at once, whatever the clock says.
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def seal_target(target: dict[str, Any]) -> str:
    """Return what `Channel.sealed` holds of an address and its secrets."""
    return seal(json.dumps(target), _PURPOSE)


class ChannelQuerySet(models.QuerySet["Channel"]):
    def mail(self) -> Self:
        """Return the channels that are made with the accounts: each user has one, to the account's
        address."""
        return self.filter(kind=ChannelKind.MAIL)

    def added(self) -> Self:
        """Return the channels that users have added themselves."""
        return self.exclude(kind=ChannelKind.MAIL)

    def oldest_first(self) -> Self:
        """Order by age: the mailbox, which is as old as the account, comes first."""
        return self.order_by(
            models.Case(models.When(kind=ChannelKind.MAIL, then=0), default=1), "pk"
        )

    def refusing(self) -> Self:
        """Return channels that take no messages until their owner, or an operator, has acted."""
        return self.filter(refused_at__isnull=False)

    def in_use(self) -> Self:
        """Return channels that get alerts."""
        return self.filter(is_paused=False, owner__is_active=True)

    def due(self, now: datetime) -> Self:
        """Return channels that may be sent a message now. A gap longer than a gap can be is of a
        clock that was set back."""
        is_due = models.Q(next_send_at__lte=now) | models.Q(
            next_send_at__gt=now + LONGEST_GAP, failures=0
        )
        return self.filter(is_due, refused_at=None)

    def use_now(self, now: datetime) -> int:
        """Let the next message go at once, except while one is being sent."""
        return self.exclude(messages__lease__isnull=False).update(next_send_at=now)

    def digest_due(self, now: datetime) -> Self:
        """Return channels whose daily or weekly digest is due, oldest first. Served by the index
        `channel_digest_due`."""
        return self.filter(next_digest_at__lte=now).order_by("next_digest_at", "pk")

    def end_refusal(self) -> int:
        """Use refused channels again: what they hold is sent with the next pass. Returns their
        number."""
        return self.refusing().update(
            refused_at=None, failing_since=None, failures=0, answer="", advice=""
        )


class ChannelKind(models.TextChoices):
    """The platform of a channel."""

    MAIL = "mail", _("E-mail")
    FEISHU = "feishu", _("Feishu robot")
    DINGTALK = "dingtalk", _("DingTalk robot")
    WECOM = "wecom", _("WeCom robot")
    BARK = "bark", "Bark"
    SERVERCHAN = "serverchan", _("ServerChan")
    WXPUSHER = "wxpusher", "WxPusher"
    TELEGRAM = "telegram", "Telegram"
    WEBHOOK = "webhook", _("Webhook")
    BROWSER = "browser", _("Browser")


class Channel(models.Model):
    """The mailbox, a group robot, an app, a webhook or a browser of one user.

    Each user has one mailbox: it has neither a name nor an address of its own.
    """

    owner = models.ForeignKey(
        User, models.CASCADE, related_name="channels", verbose_name=_("owner")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=ChannelKind.choices)
    name = models.CharField(_("name"), max_length=60, blank=True)
    #: The address and its secrets as JSON, encrypted; pages show only `ending`.
    sealed = models.TextField(editable=False)
    ending = models.CharField(_("address"), max_length=80, editable=False)
    how = models.CharField(
        _("alerts"), max_length=10, choices=HOW_CHOICES, default=How.AT_ONCE.value
    )
    only_urgent = models.BooleanField(_("only urgent rules"), default=False)
    is_paused = models.BooleanField(_("paused"), default=False)
    #: When its owner last made a new signing secret: the one before signs too, for some time.
    rotated_at = models.DateTimeField(null=True, editable=False)
    #: When a test message last arrived: without one no channel is saved. Of a mailbox, when it got
    #: its address.
    confirmed_at = models.DateTimeField(_("tested"), editable=False)
    #: The earliest time of the next message: while one is sent, after a failure, and between two
    #: messages.
    next_send_at = models.DateTimeField(editable=False)
    #: When the next daily or weekly digest is due, which comes even without alerts. Only of
    #: mailboxes.
    next_digest_at = models.DateTimeField(_("next digest"), null=True, editable=False)
    failures = models.PositiveSmallIntegerField(_("failures in a row"), default=0, editable=False)
    failing_since = models.DateTimeField(_("failing since"), null=True, editable=False)
    #: The channel was refused for good: its owner has to mend it, and a test message has to arrive.
    refused_at = models.DateTimeField(_("refused since"), null=True, editable=False)
    answer = models.CharField(_("last answer"), max_length=500, blank=True, editable=False)
    #: What its owner has to do, in English: pages and mails translate it.
    advice = models.CharField(max_length=200, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"))

    objects = ChannelQuerySet.as_manager()

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="channel_name_unique"),
            models.UniqueConstraint(
                fields=["owner"], condition=models.Q(kind="mail"), name="channel_one_mailbox"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_digest_at"],
                name="channel_digest_due",
                condition=models.Q(next_digest_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.get_kind_display()

    @classmethod
    def mailbox(cls, owner: User) -> Self:
        """Return an unsaved channel to the address of a new account."""
        times = dict.fromkeys(("confirmed_at", "created_at"), owner.date_joined)
        return cls(owner=owner, kind=ChannelKind.MAIL, next_send_at=_LONG_AGO, **times)

    @property
    def is_mail(self) -> bool:
        return self.kind == ChannelKind.MAIL

    @property
    def is_ended(self) -> bool:
        """Whether its platform is none of today's: version 1 had PushDeer, Slack and Discord."""
        return self.kind not in ChannelKind.values

    @property
    def shown_name(self) -> str:
        """The name, or that of its kind if it has none."""
        return str(self)

    @property
    def shown_address(self) -> str:
        """What pages show of the address: all of a mailbox, a part of others, which are secret."""
        return self.owner.email if self.is_mail else self.ending

    @cached_property
    def _choice_of(self) -> dict[int, "ChannelChoice"]:
        return {choice.watchlist_id: choice for choice in self.choices.all()}

    def leaves_out(self, watchlist: int) -> bool:
        """Return whether it gets no alerts of the list, by its key."""
        choice = self._choice_of.get(watchlist)
        return choice is not None and choice.is_off

    def choice_for(self, watchlist: int) -> str:
        """Return what its owner has chosen for a list, by its key: a `How`, `ChannelChoice.OFF`, or
        '' for as other lists."""
        choice = self._choice_of.get(watchlist)
        return "" if choice is None else ChannelChoice.OFF if choice.is_off else choice.how

    def how_of(self, watchlist: int) -> How:
        """Return how the alerts of a list are sent, by its key, if they are wanted."""
        choice = self._choice_of.get(watchlist)
        return How(choice.how if choice is not None and choice.how else self.how)

    @property
    def hows(self) -> set[How]:
        """All ways in which alerts of any list may be sent."""
        chosen = {
            choice.how for choice in self._choice_of.values() if choice.how and not choice.is_off
        }
        return set(map(How, chosen | {self.how}))

    @property
    def is_in_use(self) -> bool:
        """As the queryset `in_use`."""
        return not self.is_paused and self.owner.is_active

    @property
    def state(self) -> str:
        """In this order: a refused channel has to be mended, even while it is paused."""
        if self.refused_at is not None:
            return "refused"
        if self.is_paused:
            return "paused"
        return "works" if self.failing_since is None else "failing"

    @property
    def target(self) -> dict[str, Any]:
        """The address and its secrets. Raises SealError."""
        target: dict[str, Any] = json.loads(unseal(self.sealed, _PURPOSE))
        return target

    def target_at(self, now: datetime) -> dict[str, Any]:
        """`target` with the secrets that sign now: the older ones do for `SECRETS_OVERLAP`. Raises
        SealError."""
        target = self.target
        if self.rotated_at is not None and now >= self.rotated_at + SECRETS_OVERLAP:
            target["secret"] = target["secret"].partition(" ")[0]
        return target


class ChannelChoice(models.Model):
    """How a channel gets the alerts of one watchlist, if not as those of other lists."""

    #: The choice of a form that sets `is_off`.
    OFF = "off"

    channel = models.ForeignKey(
        Channel, models.CASCADE, related_name="choices", verbose_name=_("channel")
    )
    watchlist = models.ForeignKey(
        Watchlist, models.CASCADE, related_name="channel_choices", verbose_name=_("watchlist")
    )
    #: Empty: as those of other lists.
    how = models.CharField(_("alerts"), max_length=10, choices=HOW_CHOICES, blank=True)
    #: No messages, but the alerts still come to the inbox. `how` is kept for later.
    is_off = models.BooleanField(_("left out"), default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "watchlist"], name="channel_choice_unique")
        ]
