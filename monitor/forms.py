"""What people type and choose, checked. Filters never refuse: what they cannot read counts as not given."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.utils.translation import gettext_lazy as _

from monitor import formatting
from monitor.models import User, Watchlist
from monitor.models.catalog import STATUS_CHOICES
from monitor.models.watchlists import KIND_CHOICES

#: More lines than this are a file, which `manage.py import_products` takes.
MOST_LINES = 2000
SORT_CHOICES = [
    ("-changed", _("Latest change")),
    ("-checked", _("Latest check")),
    ("day", _("24 h: biggest drop")),
    ("-day", _("24 h: biggest rise")),
    ("week", _("7 days: biggest drop")),
    ("-week", _("7 days: biggest rise")),
    ("price", _("Price: low to high")),
    ("-price", _("Price: high to low")),
    ("-sales", _("Sales: high to low")),
    ("sales", _("Sales: low to high")),
    ("title", _("Title")),
    ("-title", _("Title, backwards")),
    ("status", _("Status")),
    ("-status", _("Status, backwards")),
    ("changed", _("Longest unchanged")),
    ("checked", _("Longest unchecked")),
]
EXAMPLE_LINES = "https://haohuo.jinritemai.com/views/product/item2?id=3514453298386183303\n3514453298386183303"
INTERVALS = [timedelta(minutes=minutes) for minutes in (5, 10, 30, 60, 120, 360, 720, 1440)]


def _styled(widget: type[forms.Widget], css: str = "form-control", **attributes: Any) -> forms.Widget:
    return widget(attrs={"class": css, **attributes})


def _choices(form: forms.BaseForm, name: str) -> forms.TypedChoiceField:
    field = form.fields[name]
    assert isinstance(field, forms.TypedChoiceField)
    return field


class SignInForm(AuthenticationForm):
    """The e-mail address is the login."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget = forms.EmailInput(
            attrs={"class": "form-control", "autocomplete": "username", "autofocus": True}
        )
        self.fields["password"].widget.attrs["class"] = "form-control"


class Filters(forms.Form):
    """A form whose bad values count as not given."""

    def chosen(self, name: str) -> Any:
        """The cleaned value of a field, or the field's initial one."""
        self.is_valid()
        value = self.cleaned_data.get(name)
        return self.fields[name].initial if value in (None, "") else value


class ProductFilterForm(Filters):
    """Search, list, status and order of the products table; all of it lives in the URL."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=500,
        initial="",
        widget=_styled(forms.TextInput, type="search", placeholder=_("Title, shop, ID or link")),
    )
    list = forms.TypedChoiceField(
        label=_("Watchlist"), required=False, coerce=int, widget=_styled(forms.Select, "form-select")
    )
    status = forms.TypedChoiceField(
        label=_("Status"), required=False, initial="", widget=_styled(forms.Select, "form-select")
    )
    sort = forms.ChoiceField(
        label=_("Order"),
        required=False,
        initial="-changed",
        choices=SORT_CHOICES,
        widget=_styled(forms.Select, "form-select"),
    )

    def __init__(self, *args: Any, watchlists: Iterable[Watchlist], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "list").choices = [
            ("", _("All lists")),
            *((one.pk, formatting.one_line(one.name)) for one in watchlists),
        ]
        _choices(self, "status").choices = [
            ("", _("Any status")),
            ("failing", _("checks are failing")),
            ("paused", _("paused")),
            *STATUS_CHOICES,
        ]


class AddProductsForm(forms.Form):
    """Product links, share texts or IDs, one a line, and the list they go to; without any list, a first one is made."""

    watchlist = forms.TypedChoiceField(label=_("Watchlist"), widget=_styled(forms.Select, "form-select"))
    lines = forms.CharField(
        label=_("Product links or IDs, one a line"),
        strip=False,
        widget=_styled(forms.Textarea, rows=4, spellcheck="false", placeholder=EXAMPLE_LINES),
    )

    def __init__(self, *args: Any, watchlists: Iterable[Watchlist], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        by_key = {str(one.pk): one for one in watchlists}
        field = _choices(self, "watchlist")
        field.choices = [(key, formatting.one_line(one.name)) for key, one in by_key.items()]
        field.coerce = by_key.__getitem__
        field.required = bool(by_key)

    def clean_lines(self) -> list[str]:
        lines = self.cleaned_data["lines"].splitlines()
        if not any(line.strip() for line in lines):
            raise forms.ValidationError(_("Paste at least one link or ID."))
        if len(lines) > MOST_LINES:
            raise forms.ValidationError(
                _("These are %(count)d lines; at most %(most)d can be pasted at once."),
                params={"count": len(lines), "most": MOST_LINES},
            )
        return list(lines)


class AlertFilterForm(Filters):
    """Which alerts the inbox shows; all of it lives in the URL."""

    show = forms.ChoiceField(required=False, initial="unread", choices=[("unread", _("Unread")), ("all", _("All"))])
    list = forms.TypedChoiceField(
        label=_("Watchlist"), required=False, coerce=int, widget=_styled(forms.Select, "form-select")
    )
    kind = forms.ChoiceField(
        label=_("Rule"),
        required=False,
        initial="",
        choices=[("", _("Any rule")), *KIND_CHOICES],
        widget=_styled(forms.Select, "form-select"),
    )

    def __init__(self, *args: Any, watchlists: Iterable[Watchlist], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "list").choices = [
            ("", _("All lists")),
            *((one.pk, formatting.one_line(one.name)) for one in watchlists),
        ]

    @property
    def shown(self) -> str:
        return str(self.chosen("show"))


class WatchlistForm(forms.ModelForm):  # type: ignore[type-arg]
    """A list's name and how often its products are checked, chosen from a few sensible intervals and its own."""

    interval = forms.TypedChoiceField(
        label=_("Check each product every"),
        coerce=lambda seconds: timedelta(seconds=int(seconds)),
        widget=_styled(forms.Select, "form-select"),
    )

    class Meta:
        model = Watchlist
        fields = ("name", "interval")
        widgets = {"name": forms.TextInput(attrs={"class": "form-control", "maxlength": 100})}

    def __init__(self, *args: Any, owner: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner = owner
        intervals = sorted({*INTERVALS, self.instance.interval})
        _choices(self, "interval").choices = [
            (int(interval.total_seconds()), formatting.duration(interval)) for interval in intervals
        ]
        self.initial["interval"] = int(self.instance.interval.total_seconds())

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"]).strip()
        namesakes = Watchlist.objects.kept().filter(owner=self.owner, name=name).exclude(pk=self.instance.pk)
        if namesakes.exists():
            raise forms.ValidationError(_("This owner has a watchlist of that name already."))
        return name


class NewPasswordForm(PasswordChangeForm):
    """Django's own, in the look of the pages."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-control"
