"""The ledger of the outbox: every attempt to send a message, and the server's answer."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from monitor.models.messages import Message


class Attempt(models.Model):
    """Written before the attempt and settled after it.

    If its sender dies, it stays under way until another sender claims it and marks it as
    interrupted. The message may have gone out or not."""

    class SendState(models.TextChoices):
        UNDER_WAY = "under_way", _("being checked")
        SENT = "sent", _("accepted by the server")
        RETRY = "retry", _("will retry")
        REFUSED = "refused", _("refused for good")
        FAILED = "failed", _("given up")
        DROPPED = "dropped", _("no longer wanted")
        INTERRUPTED = "interrupted", _("interrupted")

    message = models.ForeignKey(
        Message, models.CASCADE, related_name="tries", verbose_name=_("message")
    )
    sender = models.CharField(_("sending process"), max_length=80)
    began_at = models.DateTimeField(_("began"))
    ended_at = models.DateTimeField(_("ended"), null=True)
    outcome = models.CharField(
        _("outcome"), max_length=12, choices=SendState.choices, default=SendState.UNDER_WAY
    )
    #: SMTP's three digits, HTTP's status or the platform's code; and the code of RFC 3463 if a mail
    #: server gives one.
    code = models.PositiveIntegerField(_("code"), null=True)
    enhanced_code = models.CharField(_("enhanced code"), max_length=11, blank=True)
    answer = models.CharField(_("answer"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("delivery attempt")
        verbose_name_plural = _("delivery attempts")

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} {timezone.localtime(self.began_at):%Y-%m-%d %H:%M}"

    @property
    def took(self) -> float | None:
        """Seconds; None until it has ended."""
        return (self.ended_at - self.began_at).total_seconds() if self.ended_at else None
