"""The name of a saved view."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from monitor.models import SavedView, User
from monitor.pages.shared.fields import styled
from monitor.text import formatting
from monitor.watchlists.saved_views import MOST

#: The views that everybody has: their names, and what they narrow the table to.
COMMON_VIEWS: Sequence[tuple[Any, dict[str, str]]] = (
    (_("All"), {}),
    (_("Changed in 24 h"), {"changed": "24h"}),
    (_("Checks failing"), {"status": "failing"}),
    (_("Paused"), {"status": "paused"}),
)
LONGEST_QUERY = SavedView._meta.get_field("query").max_length or 0


class ViewNameForm(forms.Form):
    """A name for a view of `user`: for the one that exists, or for a new one with `query`."""

    name = forms.CharField(label=_("Name of the view"), max_length=60, widget=styled(forms.TextInput))

    def __init__(self, *args: Any, user: User, view: SavedView | None = None, query: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.view, self.query = user, view, query

    def clean_name(self) -> str:
        name = formatting.one_line(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError(self.fields["name"].error_messages["required"], code="required")
        if name.casefold() in _common_names():
            raise forms.ValidationError(_("Everybody has a view of that name: choose another one."))
        namesakes = self.user.saved_views.filter(name=name)
        if self.view is not None and namesakes.exclude(pk=self.view.pk).exists():
            raise forms.ValidationError(_("You have a view of that name already."))
        if self.view is None and not namesakes.exists() and self.user.saved_views.count() >= MOST:
            raise forms.ValidationError(
                _("You have %(most)d views, and more cannot be kept: delete one first."), params={"most": MOST}
            )
        return name

    def clean(self) -> None:
        if len(self.query) > LONGEST_QUERY:
            raise forms.ValidationError(_("What is searched for is too long to be kept: shorten it."))


def _common_names() -> set[str]:
    """In every language: people may change theirs."""
    names = set()
    for language, _name in settings.LANGUAGES:
        with override(language):
            names |= {str(name).casefold() for name, _words in COMMON_VIEWS}
    return names
