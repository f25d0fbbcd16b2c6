"""People, their groups and invitations. The e-mail address is the login; only a superuser makes
operators and changes rights."""

from typing import Any

from allauth.account.admin import EmailAddress
from allauth.mfa.admin import Authenticator
from allauth.socialaccount.admin import SocialAccount, SocialApp, SocialToken
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from monitor.admin.auditing import Audited, log
from monitor.admin.base import (
    EVERYWHERE,
    ModelAdmin,
    NamedFields,
    RecordedAdmin,
    column,
    link,
    links_to_lists,
    list_and_owner,
)
from monitor.models import Allowance, AuditKind, Channel, Invitation, User, Watchlist
from monitor.pages.watchlists.forms import limit_in_words
from monitor.people import audit, second_factor
from monitor.people.allowances import in_force
from monitor.people.people import address_was_changed
from monitor.people.timing.waiting import follow_times
from monitor.polling.planning.fair_shares import apply_fair_shares
from monitor.watching import invitations
from monitor.watching.account_deletion import (
    delete_account,
    is_last_operator,
    purge_account,
    restore_account,
)

PLAN = ("digest_hour", "digest_weekday", "quiet_from", "quiet_to")
PERSON = ("email", "name", "language", "time_zone")
#: A user's own permissions are in no form: groups have them.
RIGHTS = ("is_staff", "is_superuser", "groups")


class AllowanceInline(admin.TabularInline):  # type: ignore[type-arg]
    """The limits of a person or a group. Empty fields: those of the installation."""

    model = Allowance
    formset = NamedFields
    fields = (
        "calls",
        "checks",
        "lists",
        "products",
        "shops",
        "rules",
        "messages",
        "imports",
        "sheets",
        "import_rows",
    )
    max_num = 1
    verbose_name = _("allowance (empty: default)")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Show the installation's limit in an empty field."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name in self.fields:
            limit = in_force(db_field.name, None)
            field.widget.attrs["placeholder"] = gettext("fair share") if limit is None else limit
        return field


class WithAllowance(admin.ModelAdmin):  # type: ignore[type-arg]
    """A page with the limits of a person or a group; people's lists follow them at once."""

    def get_inlines(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return (AllowanceInline,) if obj else ()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if any(formset.has_changed() for formset in formsets):
            apply_fair_shares(timezone.now())


admin.site.unregister(Group)
# Addresses are in our table of users, single sign-on in the settings, and authenticators hold
# secrets.
for unused in (EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken):
    admin.site.unregister(unused)


@admin.register(Group)
class GroupAdmin(WithAllowance, Audited, DjangoGroupAdmin):
    """Only a superuser changes groups, whatever the permissions say: a group's rights are its
    members' rights."""

    def _is_allowed(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return is_superuser(request)

    has_add_permission = has_change_permission = has_delete_permission = _is_allowed


def is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)


class UserCreationForm(AdminUserCreationForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("email",)


@admin.register(User)
class UserAdmin(WithAllowance, ModelAdmin, DjangoUserAdmin):  # type: ignore[type-arg]
    add_form = UserCreationForm
    ordering = ("email",)
    list_display = (*PERSON, "is_active", "is_staff", "last_login")
    list_filter = (
        ("deleted_at", admin.EmptyFieldListFilter),
        "is_active",
        "is_staff",
        "is_superuser",
        "language",
    )
    search_fields = ("email", "name")
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined", "sponsor", "deleted_at", "more")
    more = column(
        _("More"), lambda user: links_to_lists(Watchlist, Channel, owner__id__exact=user.pk)
    )
    actions = ("remove_second_factor", "hide_accounts", "restore_accounts")
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": (*PERSON, "usable_password", "password1", "password2"),
            },
        ),
    )
    fieldsets = (
        (None, {"fields": ("email", "password", "name", "more")}),
        (_("Mail and pages"), {"fields": ("language", "time_zone", *PLAN)}),
        (_("Rights"), {"fields": ("is_active", *RIGHTS)}),
        (_("Dates"), {"fields": ("last_login", "date_joined", "sponsor", "deleted_at")}),
    )

    def audit(
        self, request: HttpRequest, kind: AuditKind, row: User, changes: audit.Changes
    ) -> None:
        if {"is_active", *RIGHTS} & changes.keys():
            kind = AuditKind.RIGHTS_CHANGED
        elif "password" in changes:
            kind = AuditKind.PASSWORD_CHANGED
        super().audit(request, kind, row, changes)

    @admin.action(
        description=_("Delete account (30 days to restore)"),
        permissions=["delete"],
        location=EVERYWHERE,
    )
    def hide_accounts(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Delete accounts as their users can do themselves. Django's own deletion is for good."""
        count = 0
        for user in queryset.filter(deleted_at__isnull=True, is_active=True):
            if _may_touch(request, user) and not is_last_operator(user):
                delete_account(user, timezone.now())
                count += 1
        text = ngettext("%(count)d account was deleted.", "%(count)d accounts were deleted.", count)
        self.tell(request, count, text)

    @admin.action(
        description=_("Restore what was deleted"), permissions=["change"], location=EVERYWHERE
    )
    def restore_accounts(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        assert isinstance(request.user, User)
        count = 0
        for user in queryset.filter(deleted_at__isnull=False):
            if _may_touch(request, user):
                restore_account(user, timezone.now(), request.user)
                count += 1
        text = ngettext(
            "%(count)d account was restored.", "%(count)d accounts were restored.", count
        )
        self.tell(request, count, text)

    @admin.action(
        description=_("Switch off two-step verification"),
        permissions=["change"],
        location=EVERYWHERE,
    )
    def remove_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Leave operators to superusers, and never switch off the operator's own."""
        people = [
            user for user in queryset if _may_touch(request, user) and not _is_self(request, user)
        ]
        count = second_factor.remove_all(people, str(request.user), timezone.now())
        log(
            request,
            queryset.filter(pk__in=[user.pk for user in people]),
            gettext("Two-step verification was switched off."),
        )
        text = ngettext(
            "%(count)d user logs in with the password alone.",
            "%(count)d users log in with the password alone.",
            count,
        )
        self.tell(request, count, text)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if _is_self(request, obj):
            kwargs["help_texts"] = {
                "email": _("You change your own address in the settings, where it is confirmed.")
            }
        return super().get_form(request, obj, change=change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Let only superusers change rights. Operators change their own address in the settings."""
        fields = list(super().get_readonly_fields(request, obj))
        if not is_superuser(request):
            fields += RIGHTS
        if _is_self(request, obj):
            fields.append("email")
        return tuple(fields)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Let waiting mails follow the new choices. A new address ends all sessions, and the old
        one gets a mail."""
        super().save_model(request, obj, form, change)
        if change and obj.email != form.initial.get("email", obj.email):
            address_was_changed(
                obj, form.initial["email"], timezone.now(), request.session.session_key
            )
        else:
            follow_times(obj, timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Delete at once and for good. The audit log keeps its events, without the names."""
        for user in queryset:
            purge_account(user, timezone.now())


def _may_touch(request: HttpRequest, user: User | None) -> bool:
    """Return whether the operator may change the user. Another operator's address would give that
    one's rights."""
    if user is None or _is_self(request, user) or is_superuser(request):
        return True
    return not (user.is_staff or user.is_superuser)


def _is_self(request: HttpRequest, user: User | None) -> bool:
    return user is not None and user.pk == request.user.pk


class InvitationForm(forms.ModelForm):  # type: ignore[type-arg]
    """Whom to invite. An operator sees all accounts anyway, so the form may say that an account
    exists."""

    class Meta:
        model = Invitation
        fields = ("email",)

    def clean_email(self) -> str:
        email = User.objects.normalize_email(self.cleaned_data["email"])
        if User.objects.filter(email=email).exists():
            raise forms.ValidationError(_("This e-mail address already has an account."))
        return email


@admin.register(Invitation)
class InvitationAdmin(RecordedAdmin):
    """An operator invites a person, and withdraws invitations."""

    form = InvitationForm
    list_display = (
        *("created_at", "email", "invited_by", "to_list", "role", "accepted_at", "closed_at"),
        "expires_at",
    )
    list_select_related = ("invited_by", "watchlist__owner")
    search_fields = ("email", "invited_by__email", "watchlist__name")
    search_help_text = _("E-mail, inviter's e-mail or watchlist")
    actions = ("withdraw",)

    to_list = column(_("watchlist"), lambda row: link(row.watchlist, list_and_owner))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.list_display if obj else ("email",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("monitor.add_invitation")

    def has_invite_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().changeform_view(request, *args, **kwargs)
        except invitations.TooManyInvitationsError as error:
            self.message_user(request, limit_in_words(error), messages.ERROR)
            return redirect("admin:monitor_invitation_changelist")
        return response

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        assert isinstance(request.user, User)
        made = invitations.invite(request.user, obj.email, timezone.now())
        obj.pk, obj.created_at = made.pk, made.created_at

    @admin.action(description=_("Withdraw"), permissions=["invite"], location=EVERYWHERE)
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        count = 0
        for invitation in Invitation.objects.waiting().filter(pk__in=queryset):
            log(request, Invitation.objects.filter(pk=invitation.pk), gettext("Withdrawn."))
            invitations.close(invitation, timezone.now())
            count += 1
        text = ngettext(
            "%(count)d invitation withdrawn.", "%(count)d invitations withdrawn.", count
        )
        self.tell(request, count, text)
