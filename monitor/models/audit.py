"""The audit log: who did what that concerns accounts, rights, lists, money or data, and when."""

from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from monitor.models.users import User

#: Characters of a subject.
LONGEST_SUBJECT = 120


class AuditKind(models.TextChoices):
    """Everything that is recorded."""

    LOGIN = "login", _("log-in")
    LOGIN_FAILED = "login_failed", _("failed log-in")
    LOGOUT = "logout", _("log-out")
    SESSIONS_ENDED = "sessions_ended", _("devices logged out")
    NOT_ME = "not_me", _("log-in reported")
    PASSWORD_CHANGED = "password_changed", _("password changed")
    ADDRESS_CHANGED = "address_changed", _("address changed")
    ADDRESS_RESTORED = "address_restored", _("address restored")
    FACTOR_ADDED = "factor_added", _("two-step verification added")
    FACTOR_REMOVED = "factor_removed", _("two-step verification removed")
    CODES_MADE = "codes_made", _("recovery codes created")
    SITE_CONNECTED = "site_connected", _("login site connected")
    SITE_DISCONNECTED = "site_disconnected", _("login site disconnected")
    TOKEN_MADE = "token_made", _("API token created")
    TOKEN_ENDED = "token_ended", _("API token ended")
    API_WRITE = "api_write", _("change by API")
    ACCOUNT_MADE = "account_made", _("account created")
    ACCOUNT_DELETED = "account_deleted", _("account deleted")
    ACCOUNT_RESTORED = "account_restored", _("account restored")
    ACCOUNT_PURGED = "account_purged", _("account purged")
    LIST_TRANSFERRED = "list_transferred", _("watchlist transferred")
    LIST_DELETED = "list_deleted", _("watchlist deleted")
    LIST_RESTORED = "list_restored", _("watchlist restored")
    LIST_PURGED = "list_purged", _("watchlist purged")
    INVITED = "invited", _("invitation sent")
    INVITATION_ACCEPTED = "invitation_accepted", _("invitation accepted")
    INVITATION_CLOSED = "invitation_closed", _("invitation declined or withdrawn")
    ROLE_CHANGED = "role_changed", _("role changed")
    MEMBER_REMOVED = "member_removed", _("member removed")
    RIGHTS_CHANGED = "rights_changed", _("rights changed")
    CHANNEL_ADDED = "channel_added", _("channel added")
    CHANNEL_CHANGED = "channel_changed", _("channel changed")
    CHANNEL_REMOVED = "channel_removed", _("channel removed")
    EXPORTED = "exported", _("data exported")
    BUDGET_SET = "budget_set", _("budget set")
    ALLOWANCE_CHANGED = "allowance_changed", _("allowance changed")
    CHECKS_STOPPED = "checks_stopped", _("checks stopped")
    CHECKS_STARTED = "checks_started", _("checks started")
    TRIAL_CALL = "trial_call", _("trial call")
    RESTORED = "restored", _("backup restored")
    ADMIN_ADDED = "admin_added", _("added in the admin")
    ADMIN_CHANGED = "admin_changed", _("changed in the admin")
    ADMIN_DELETED = "admin_deleted", _("deleted in the admin")
    ADMIN_ACTION = "admin_action", _("action in the admin")


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def of_person(self, user: User) -> Self:
        """Return what the user did, and what was done to their account, the latest first."""
        is_theirs = models.Q(actor=user.pk) | models.Q(person=user.pk)
        return self.filter(is_theirs).order_by("-pk")


class AuditEvent(models.Model):
    """One event. Rows are only added, and deleted when they are old: `monitor.people.audit`.

    The keys of people stay when their accounts are deleted, but their names are emptied.
    """

    at = models.DateTimeField(_("time"), default=timezone.now)
    kind = models.CharField(_("event"), max_length=20, choices=AuditKind.choices)
    #: None: a visitor who is not logged in, or the system.
    actor = models.ForeignKey(
        User,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        related_name="+",
        verbose_name=_("by"),
    )
    actor_name = models.CharField(_("by"), max_length=254, blank=True)
    #: Whose account it is about, if it is about one.
    person = models.ForeignKey(
        User,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        related_name="+",
        verbose_name=_("user"),
    )
    person_name = models.CharField(_("user"), max_length=254, blank=True)
    #: The list or other thing that it is about. Never an address.
    subject = models.CharField(_("about"), max_length=LONGEST_SUBJECT, blank=True)
    network = models.CharField(_("network"), max_length=50, blank=True)
    #: `model` and `key` of the row; `changes`: pairs of before and after by field, or None if only
    #: the field is told.
    details = models.JSONField(_("details"), default=dict)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        indexes = [models.Index(fields=["at"], name="audit_at")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {timezone.localtime(self.at):%Y-%m-%d %H:%M}"
