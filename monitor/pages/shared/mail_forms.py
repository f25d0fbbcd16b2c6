"""How a user has alerts mailed: in general, and those of single watchlists."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from monitor.models import MailChoice, User, Watchlist
from monitor.models.users import HOUR_CHOICES, HOW_CHOICES
from monitor.pages.shared.fields import Styled, StyledForm, offer

#: The quiet hours that are offered to users who have none.
QUIET_HOURS = (22, 8)
OFF = (MailChoice.OFF, gettext_lazy("no mails"))
_PREFIX = "list-"


def _hour(label: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(label=label, choices=HOUR_CHOICES, coerce=int, empty_value=None, required=False)


class ListMailsForm(StyledForm):
    """How the alerts of one list are mailed: like those of the user's other lists, in another way, or not at all."""

    how = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = _("Default (%(how)s)") % {"how": user.get_mail_how_display()}
        offer(self, "how", [("", others), *HOW_CHOICES, OFF])


class MailsForm(Styled, forms.ModelForm):  # type: ignore[type-arg]
    """A user's plan and, for each of `lists`, an exception. A list without a field in the data, such as a newer one,
    keeps its choice."""

    has_quiet_hours = forms.BooleanField(label=gettext_lazy("Quiet hours"), required=False)
    quiet_from = _hour(gettext_lazy("From"))
    quiet_to = _hour(gettext_lazy("Until"))

    class Meta:
        model = User
        fields = ("receives_mail", "mail_how", "digest_hour", "digest_weekday", "quiet_from", "quiet_to")
        labels = {
            "mail_how": pgettext_lazy("of mails", "When"),
            "digest_hour": gettext_lazy("Time of day"),
            "digest_weekday": gettext_lazy("Weekday"),
        }
        help_texts = {"mail_how": gettext_lazy("Urgent rules always mail at once.")}

    def __init__(self, *args: Any, lists: Iterable[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lists: list[Watchlist] = list(lists)
        self.initial["has_quiet_hours"] = self.instance.quiet_from is not None
        if self.instance.quiet_from is None:
            self.initial.update(quiet_from=QUIET_HOURS[0], quiet_to=QUIET_HOURS[1])
        choices = [("", _("as above")), *HOW_CHOICES, OFF]
        for watchlist in lists:
            widget = forms.Select({"class": "form-select"})
            self.fields[f"{_PREFIX}{watchlist.pk}"] = forms.ChoiceField(
                choices=choices, required=False, initial=watchlist.mail_choice, widget=widget
            )

    def list_fields(self) -> list[tuple[Watchlist, forms.BoundField]]:
        return [(watchlist, self[f"{_PREFIX}{watchlist.pk}"]) for watchlist in self.lists]

    def has_exceptions(self) -> bool:
        """Whether a list's alerts come in another way, or a choice was not understood."""
        return any(choice.value() or choice.errors for _list, choice in self.list_fields())

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        begins, ends = cleaned.get("quiet_from"), cleaned.get("quiet_to")
        if not cleaned.get("has_quiet_hours"):
            cleaned["quiet_from"] = cleaned["quiet_to"] = None
        elif not self.errors and (begins is None or ends is None or begins == ends):
            self.add_error("quiet_to", _("Quiet hours begin at one hour and end at another."))
        return cleaned

    def chosen(self) -> dict[int, str]:
        """The choice for each list that has a field in the data, by the list's key."""
        names = {watchlist.pk: f"{_PREFIX}{watchlist.pk}" for watchlist in self.lists}
        return {key: self.cleaned_data[name] for key, name in names.items() if name in self.data}
