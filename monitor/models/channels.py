"""Where a user's alerts go besides the mailbox: group robots, apps, webhooks, browsers."""

import json
from datetime import datetime
from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from monitor.mail_times import How
from monitor.models.users import HOW_CHOICES, User
from monitor.models.watchlists import Watchlist
from monitor.sealing import seal, unseal

_PURPOSE = "monitor.channels"


def seal_target(target: dict[str, Any]) -> str:
    """What `Channel.sealed` holds of an address and its secrets."""
    return seal(json.dumps(target), _PURPOSE)


class ChannelQuerySet(models.QuerySet["Channel"]):
    def in_use(self) -> Self:
        """Channels that get alerts."""
        return self.filter(is_paused=False, owner__is_active=True)

    def due(self, now: datetime) -> Self:
        """Channels that may be sent a message now."""
        return self.filter(refused_at=None, next_send_at__lte=now)

    def use_now(self, now: datetime) -> int:
        """Let the next message go at once, except while one is being sent."""
        return self.exclude(messages__lease__isnull=False).update(next_send_at=now)


class Channel(models.Model):
    """A group robot, an app, a webhook or a browser of one user. Mails need no channel: they go to the user."""

    class Kind(models.TextChoices):
        FEISHU = "feishu", _("Feishu robot")
        DINGTALK = "dingtalk", _("DingTalk robot")
        WECOM = "wecom", _("WeCom robot")
        BARK = "bark", "Bark"
        SERVERCHAN = "serverchan", _("ServerChan")
        WXPUSHER = "wxpusher", "WxPusher"
        PUSHDEER = "pushdeer", "PushDeer"
        TELEGRAM = "telegram", "Telegram"
        SLACK = "slack", "Slack"
        DISCORD = "discord", "Discord"
        WEBHOOK = "webhook", _("Webhook")
        BROWSER = "browser", _("Browser")

    owner = models.ForeignKey(User, models.CASCADE, related_name="channels", verbose_name=_("owner"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=60)
    #: The address and its secrets as JSON, encrypted; pages show only `ending`.
    sealed = models.TextField(editable=False)
    ending = models.CharField(_("address"), max_length=80, editable=False)
    how = models.CharField(_("alerts"), max_length=10, choices=HOW_CHOICES, default=How.AT_ONCE.value)
    only_urgent = models.BooleanField(_("only urgent rules"), default=False)
    left_out = models.ManyToManyField(Watchlist, related_name="+", blank=True, verbose_name=_("watchlists left out"))
    is_paused = models.BooleanField(_("paused"), default=False)
    #: When a test message last arrived: without one no channel is saved.
    confirmed_at = models.DateTimeField(_("tested"), editable=False)
    #: The earliest time of the next message: while one is sent, after a failure, and between two messages.
    next_send_at = models.DateTimeField(editable=False)
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
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="channel_name_unique")]

    def __str__(self) -> str:
        return self.name

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
