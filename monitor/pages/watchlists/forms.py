"""A watchlist and how its products are checked, and sharing a list."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from monitor.models import Membership, Pace, User, Watchlist
from monitor.models.invitations import INVITATION_LASTS
from monitor.models.watchlists import USUAL_INTERVALS, USUAL_SOONEST, Priority
from monitor.pages.shared.fields import Styled, StyledForm, offer, seconds
from monitor.people import mail_limits
from monitor.polling.planning.rescheduling import ASKED
from monitor.text import clock, formatting
from monitor.watching.invitations import InvitationLimit, TooManyInvitationsError

PACES = [
    (Pace.ADAPTIVE, pgettext_lazy("of checks", "Smart")),
    (Pace.FIXED, pgettext_lazy("of checks", "Fixed")),
]
PRIORITIES = [
    (Priority.HIGH, _("high priority")),
    (Priority.NORMAL, _("normal priority")),
    (Priority.LOW, _("low priority")),
]


def _length(written: str) -> timedelta:
    return timedelta(seconds=int(written))


class WatchlistForm(Styled, forms.ModelForm):  # type: ignore[type-arg]
    """A list's name and how its products are checked. Fields that are not sent stay as they are.

    The choices of times are a few usual ones and the list's own; `label` adds the cost of an
    interval."""

    pace = forms.ChoiceField(
        label=_("Checks"), choices=PACES, required=False, widget=forms.RadioSelect
    )
    interval = forms.TypedChoiceField(label=_("Interval"), coerce=_length)
    soonest = forms.TypedChoiceField(
        label=_("At most every"), coerce=_length, required=False, empty_value=None
    )
    priority = forms.TypedChoiceField(label=_("Priority"), coerce=int, choices=PRIORITIES)

    class Meta:
        model = Watchlist
        fields = ("name", *ASKED)
        widgets = {"name": forms.TextInput({"autocomplete": "off"})}

    field_order = ("name", "pace", "interval", "priority", "soonest")

    def __init__(
        self, *args: Any, owner: User, label: Callable[[timedelta], str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.instance.owner = owner
        self._offer_times("interval", USUAL_INTERVALS, label)
        self._offer_times("soonest", USUAL_SOONEST, formatting.duration)
        for name in ("priority", "pace"):
            self.initial.setdefault(name, getattr(self.instance, name))

    def _offer_times(
        self, name: str, usual: Sequence[timedelta], words: Callable[[timedelta], str]
    ) -> None:
        own = getattr(self.instance, name)
        offer(self, name, [(seconds(length), words(length)) for length in sorted({*usual, own})])
        self.initial[name] = seconds(own)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in ("pace", "soonest"):
            if name in cleaned and not cleaned[name]:
                cleaned[name] = getattr(self.instance, name)
        return cleaned


LIMIT_WORDS = {
    InvitationLimit.OPEN: _("Too many open invitations: withdraw one first."),
    InvitationLimit.MAILS: _(
        "Today's %(most)d invitations are used up. Invite again from %(time)s."
    ),
    InvitationLimit.MAILS_TO_ONE: _(
        "This address takes no more invitations today. Try again from %(time)s."
    ),
}


def limit_in_words(error: TooManyInvitationsError) -> str:
    """Return why an invitation was not sent, and when the next one can be sent."""
    time = clock.spoken(error.until) if error.until else ""
    return str(LIMIT_WORDS[error.limit]) % {"most": mail_limits.MOST_BY_ACCOUNT_A_DAY, "time": time}


class InviteForm(StyledForm):
    """An address and its role. It does not matter whether the address has an account."""

    prefix = "invite"
    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput({"autocomplete": "off"})
    )
    role = forms.ChoiceField(label=_("Role"), choices=Membership.Role.choices)
    #: How long the link is valid.
    days = INVITATION_LASTS.days

    def __init__(self, *args: Any, watchlist: Watchlist, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.watchlist = watchlist

    def clean_email(self) -> str:
        email: str = User.objects.normalize_email(self.cleaned_data["email"])
        if email == self.watchlist.owner.email:
            raise forms.ValidationError(_("This is the owner's address."))
        if self.watchlist.memberships.filter(user__email=email).exists():
            raise forms.ValidationError(_("This user is a member already."))
        return email


class MemberField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A choice of members by name."""

    def label_from_instance(self, obj: Any) -> str:
        return formatting.one_line(obj.user.get_full_name(), 80)


class TransferForm(StyledForm):
    """The member who is asked to become the owner."""

    prefix = "transfer"
    member = MemberField(label=_("New owner"), queryset=Membership.objects.none())

    def __init__(self, *args: Any, watchlist: Watchlist, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = watchlist.memberships.filter(user__is_active=True).select_related("user")
        field = self.fields["member"]
        assert isinstance(field, MemberField)
        field.queryset = members.order_by("user__name", "user__email")
