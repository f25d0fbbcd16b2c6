"""Invitations: to join, to see or edit a watchlist, and to own it."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from monitor.models.messages import Message
from monitor.models.users import User
from monitor.models.watchlists import Membership, Watchlist

#: How long an invitation can be accepted.
INVITATION_LASTS = timedelta(days=14)

#: How long an invitation that came to nothing is kept, after it has expired, was declined or
#: withdrawn.
UNANSWERED_KEPT = timedelta(days=30)

#: The role of an offer: who accepts it becomes the list's owner.
OWNER = "owner"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self, now: datetime) -> Self:
        """Return invitations that can still be accepted. Those to a deleted list cannot."""
        return self.waiting().filter(expires_at__gt=now)

    def to_purge(self, now: datetime) -> Self:
        """Return invitations that came to nothing long ago."""
        before = now - UNANSWERED_KEPT
        is_over = models.Q(expires_at__lte=before) | models.Q(closed_at__lte=before)
        return self.filter(is_over, accepted_at__isnull=True).order_by("pk")

    def waiting(self) -> Self:
        """Return invitations that were not accepted, declined or withdrawn, even if they have
        expired.

        A list is offered only by its owner and to a member.
        """
        of_list = Membership.objects.filter(watchlist=models.OuterRef("watchlist"))
        is_member = models.Exists(of_list.filter(user__email=models.OuterRef("email")))
        is_valid = ~models.Q(role=OWNER) | models.Q(
            is_member, watchlist__owner=models.F("invited_by")
        )
        waiting = self.filter(
            accepted_at__isnull=True, closed_at__isnull=True, watchlist__deleted_at__isnull=True
        )
        return waiting.filter(is_valid)


class Invitation(models.Model):
    """Asks an e-mail address to join the site, or a watchlist, or a member of a list to take it
    over.

    The link in the mail carries a token. Only its SHA-256 is stored, so reading the table is not
    enough to accept."""

    email = models.EmailField(_("e-mail address"))
    invited_by = models.ForeignKey(
        User, models.CASCADE, related_name="invitations", verbose_name=_("invited by")
    )
    watchlist = models.ForeignKey(
        Watchlist,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="invitations",
        verbose_name=_("watchlist"),
    )
    role = models.CharField(
        _("role"),
        max_length=10,
        choices=[*Membership.Role.choices, (OWNER, _("new owner"))],
        default=Membership.Role.VIEWER,
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True, editable=False)
    closed_at = models.DateTimeField(
        _("declined or withdrawn"), null=True, blank=True, editable=False
    )
    #: The latest mail: links in older mails no longer work.
    mail = models.ForeignKey(
        Message,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="invitations",
        verbose_name=_("e-mail"),
    )
    mailed_at = models.DateTimeField(_("mailed"), null=True, blank=True, editable=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(
                fields=["email", "watchlist"],
                condition=models.Q(accepted_at__isnull=True),
                name="invitation_open_unique",
                violation_error_message=_("This address is already invited."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.email} {timezone.localtime(self.created_at):%Y-%m-%d}"

    @property
    def is_offer(self) -> bool:
        return self.role == OWNER
