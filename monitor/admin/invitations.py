"""Invitations: an operator invites a person, and sends an invitation again or withdraws it."""

from contextlib import suppress
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from monitor.admin.auditing import log
from monitor.admin.base import EVERYWHERE, RecordedAdmin, chunks, column, link
from monitor.admin.values import list_and_owner
from monitor.models import Invitation, User
from monitor.pages.watchlists.forms import limit_in_words
from monitor.watchlists import invitations


class InvitationPersonForm(forms.ModelForm):  # type: ignore[type-arg]
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
    form = InvitationPersonForm
    list_display = ("created_at", "email", "inviter", "to_list", "role", "state", "expires_at")
    list_display_links = ("created_at", "email")
    list_filter = ("created_at",)
    search_fields = ("email", "invited_by__email", "watchlist__name")
    search_help_text = _("E-mail, inviter's e-mail or watchlist")
    actions = ("send_again", "withdraw")
    fields = (
        "email",
        "inviter",
        "to_list",
        "role",
        "state",
        "created_at",
        "mailed_at",
        "expires_at",
        "accepted_at",
    )

    inviter = column(
        _("invited by"), lambda row: link(row.invited_by, str), ordering="invited_by__email"
    )
    to_list = column(_("watchlist"), lambda row: link(row.watchlist, list_and_owner))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invitation]:
        return super().get_queryset(request).select_related("invited_by", "watchlist__owner")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else ("email",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("monitor.add_invitation")

    def has_invite_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return super().add_view(
            request, form_url, {**(extra_context or {}), "title": gettext("Invite a user")}
        )

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().changeform_view(request, *args, **kwargs)
        except invitations.TooManyInvitationsError as error:
            self.message_user(request, limit_in_words(error), messages.ERROR)
            return HttpResponseRedirect(reverse("admin:monitor_invitation_changelist"))
        return response

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        assert isinstance(request.user, User)
        made = invitations.invite(request.user, obj.email, timezone.now())
        obj.pk, obj.created_at = made.pk, made.created_at

    @admin.action(
        description=_("Send again with a new link"), permissions=["invite"], location=EVERYWHERE
    )
    def send_again(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        count = 0
        for chunk in chunks(Invitation.objects.waiting().filter(pk__in=queryset)):
            for invitation in chunk.select_related("invited_by"):
                # In the name of the inviter: the guest does not know the operator.
                with suppress(invitations.TooManyInvitationsError, Invitation.DoesNotExist):
                    invitations.resend(invitation.pk, invitation.invited_by, timezone.now())
                    count += 1
        text = ngettext("%(count)d invitation sent.", "%(count)d invitations sent.", count)
        self.message_user(
            request, text % {"count": count}, messages.SUCCESS if count else messages.WARNING
        )

    @admin.action(description=_("Withdraw"), permissions=["invite"], location=EVERYWHERE)
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        count = 0
        for chunk in chunks(Invitation.objects.waiting().filter(pk__in=queryset)):
            log(request, chunk, gettext("Withdrawn."))
            for invitation in chunk:
                invitations.close(invitation, timezone.now())
                count += 1
        text = ngettext(
            "%(count)d invitation withdrawn.", "%(count)d invitations withdrawn.", count
        )
        self.message_user(request, text % {"count": count}, messages.SUCCESS)

    @admin.display(description=_("state"))
    def state(self, invitation: Invitation) -> str:
        if invitation.accepted_at:
            return gettext("accepted")
        if invitation.closed_at:
            return gettext("declined or withdrawn")
        return gettext("open") if invitation.expires_at > timezone.now() else gettext("expired")
