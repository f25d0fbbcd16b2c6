"""Sharing a list: an invitation, a new owner."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from monitor.budget import mail_limits
from monitor.models import Membership, User, Watchlist
from monitor.models.invitations import INVITATION_LASTS
from monitor.pages.shared.fields import styled
from monitor.text import clock
from monitor.text.formatting import one_line
from monitor.watchlists.invitations import InvitationLimit, TooManyInvitationsError

LIMIT_WORDS = {
    InvitationLimit.OPEN: _("This list has as many open invitations as it may have. Withdraw one first."),
    InvitationLimit.MAILS: _("You have used up today's %(most)d invitations. You can invite again from %(time)s."),
    InvitationLimit.MAILS_TO_ONE: _("This address takes no more invitations today. Try again from %(time)s."),
}


def limit_in_words(error: TooManyInvitationsError) -> str:
    """Why an invitation was not sent, and when one can be sent again."""
    time = clock.spoken(error.until) if error.until else ""
    return str(LIMIT_WORDS[error.limit]) % {"most": mail_limits.MOST_BY_ACCOUNT_A_DAY, "time": time}


class InviteForm(forms.Form):
    """An address and what it is invited to do. Whether it has an account here makes no difference."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=styled(forms.EmailInput, autocomplete="off", maxlength=254),
    )
    role = forms.ChoiceField(
        label=_("Role"), choices=Membership.Role.choices, widget=styled(forms.Select, "form-select")
    )

    prefix = "invite"

    def __init__(self, *args: Any, watchlist: Watchlist, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.watchlist = watchlist

    def clean_email(self) -> str:
        email: str = User.objects.normalize_email(self.cleaned_data["email"])
        if email == self.watchlist.owner.email:
            raise forms.ValidationError(_("This is the owner's address."))
        if self.watchlist.memberships.filter(user__email=email).exists():
            raise forms.ValidationError(_("Whoever has this address is a member already."))
        return email

    @property
    def days(self) -> int:
        """How long the link holds."""
        return INVITATION_LASTS.days


class MemberField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A choice of members by name."""

    def label_from_instance(self, obj: Any) -> str:
        return one_line(obj.user.get_full_name(), 80)


class TransferForm(forms.Form):
    """A member who is to own the list, and that this is meant."""

    prefix = "transfer"
    member = MemberField(
        label=_("New owner"), queryset=Membership.objects.none(), widget=styled(forms.Select, "form-select")
    )
    sure = forms.BooleanField(
        label=_("I know that only the new owner can share, transfer or delete the list then. I stay as an editor."),
        widget=forms.CheckboxInput({"class": "form-check-input"}),
    )

    def __init__(self, *args: Any, watchlist: Watchlist, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = watchlist.memberships.filter(user__is_active=True).select_related("user")
        field = self.fields["member"]
        assert isinstance(field, MemberField)
        field.queryset = members.order_by("user__name", "user__email")
