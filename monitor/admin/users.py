"""People and groups. The e-mail address is the login; only a superuser makes operators and changes
rights."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from allauth.account.admin import EmailAddress
from allauth.mfa.admin import Authenticator
from allauth.socialaccount.admin import SocialAccount, SocialApp, SocialToken
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from monitor import audit
from monitor.account_deletion import (
    delete_account,
    is_last_operator,
    purge_account,
    restore_account,
)
from monitor.accounts import second_factor
from monitor.accounts.people import address_was_changed
from monitor.admin.auditing import Audited, log
from monitor.admin.base import (
    EVERYWHERE,
    ModelAdmin,
    NamedFields,
    YesNoFilter,
    link_to_list,
    side_by_side,
)
from monitor.budget.allowances import in_force
from monitor.models import (
    Allowance,
    Attempt,
    AuditKind,
    Channel,
    Charge,
    Membership,
    Message,
    User,
    Watchlist,
    WatchTag,
)
from monitor.models.usage import PARTS, provider_day
from monitor.planning.fair_shares import apply_fair_shares
from monitor.timing.waiting import follow_plan

#: For how many days the list of users counts calls.
CALLS_OF_DAYS = 30
PLAN = ("digest_hour", "digest_weekday", "quiet_from", "quiet_to")
PERSON = ("email", "name", "language", "time_zone")
#: A user's own permissions are in no form: groups have them.
RIGHTS = ("is_staff", "is_superuser", "groups")
#: Models whose rows are on the pages of others.
ON_PAGES_OF_OTHERS = (Allowance, Attempt, Membership, WatchTag)
VERBS = {"add": _("Add"), "change": _("Change"), "delete": _("Delete"), "view": _("View")}


class PermissionsField(ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Names rights with the words of the pages: Django's names are English, from the names of its
    tables."""

    def label_from_instance(self, obj: Permission) -> str:
        model: Any = obj.content_type.model_class()
        verb = VERBS[obj.codename.partition("_")[0]]
        return gettext("%(rows)s: %(verb)s") % {
            "rows": model._meta.verbose_name_plural,
            "verb": verb,
        }


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

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any
    ) -> Any:
        """Offer the rights to rows that the site shows, in the field of permissions."""
        shown = [model for model in apps.get_models() if self.admin_site.is_registered(model)]
        types = ContentType.objects.get_for_models(*shown, *ON_PAGES_OF_OTHERS).values()
        kwargs["queryset"] = Permission.objects.filter(content_type__in=types)
        kwargs["form_class"] = PermissionsField
        return super().formfield_for_manytomany(db_field, request, **kwargs)


def is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)


class AccountDeletedFilter(YesNoFilter):
    title = _("account deleted")
    parameter_name = "deleted"
    condition = Q(deleted_at__isnull=False)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("account deleted")), ("no", _("not deleted"))]


class UserCreationForm(AdminUserCreationForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("email",)


@admin.register(User)
class UserAdmin(WithAllowance, ModelAdmin, DjangoUserAdmin):  # type: ignore[type-arg]
    add_form = UserCreationForm
    ordering = ("email",)
    list_display = (*PERSON, "calls", "is_active", "is_staff", "last_login")
    list_filter = (
        AccountDeletedFilter,
        "is_active",
        "is_staff",
        "is_superuser",
        "language",
    )
    search_fields = ("email", "name")
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined", "sponsor", "deleted_at", "more")
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

    @admin.display(description=_("More"))
    def more(self, user: User) -> SafeString:
        lists = link_to_list(Watchlist, owner__id__exact=user.pk)
        channels = link_to_list(Channel, owner__id__exact=user.pk)
        return side_by_side([lists, channels, link_to_list(Message, recipient__id__exact=user.pk)])

    def get_queryset(self, request: HttpRequest) -> Any:
        since = provider_day(timezone.now()) - timedelta(days=CALLS_OF_DAYS - 1)
        charges = (
            Charge.objects.filter(person=OuterRef("pk"), day__gte=since).order_by().values("person")
        )
        parts = Coalesce(Subquery(charges.annotate(sum=Sum("parts")).values("sum")), 0)
        return super().get_queryset(request).annotate(parts=parts)

    @admin.display(description=_("calls in 30 days"), ordering="parts")
    def calls(self, user: Any) -> SafeString:
        return link_to_list(Charge, f"{user.parts / PARTS:,.0f}", person__id__exact=user.pk)

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
        self.message_user(
            request, text % {"count": count}, messages.SUCCESS if count else messages.WARNING
        )

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
        self.message_user(
            request, text % {"count": count}, messages.SUCCESS if count else messages.WARNING
        )

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
        self.message_user(
            request, text % {"count": count}, messages.SUCCESS if count else messages.WARNING
        )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Propose the operator's language for a new user."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        return {"language": get_language(), **initial}

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

    def deleted_with(self, rows: Sequence[User]) -> Mapping[type[Model], QuerySet[Any]]:
        return {
            Watchlist: Watchlist.objects.filter(owner__in=rows),
            Membership: Membership.objects.filter(user__in=rows),
            Message: Message.objects.filter(recipient__in=rows),
        }

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Let waiting mails follow the new choices. A new address ends all sessions, and the old
        one gets a mail."""
        super().save_model(request, obj, form, change)
        if change and obj.email != form.initial.get("email", obj.email):
            address_was_changed(
                obj, form.initial["email"], timezone.now(), request.session.session_key
            )
        else:
            follow_plan(obj, timezone.now())

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
