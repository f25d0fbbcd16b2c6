"""The products table and its add box."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from monitor import formatting
from monitor.forms.fields import Filters, choices_of, styled
from monitor.models import Watchlist
from monitor.models.catalog import STATUS_CHOICES

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


class ProductFilterForm(Filters):
    """Search, list, status and order of the products table; all of it lives in the URL."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=500,
        initial="",
        widget=styled(forms.TextInput, type="search", placeholder=_("Title, shop, ID or link")),
    )
    list = forms.TypedChoiceField(
        label=_("Watchlist"), required=False, coerce=int, widget=styled(forms.Select, "form-select")
    )
    status = forms.TypedChoiceField(
        label=_("Status"), required=False, initial="", widget=styled(forms.Select, "form-select")
    )
    sort = forms.ChoiceField(
        label=_("Order"),
        required=False,
        initial="-changed",
        choices=SORT_CHOICES,
        widget=styled(forms.Select, "form-select"),
    )

    def __init__(self, *args: Any, watchlists: Iterable[Watchlist], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices_of(self, "list").choices = [
            ("", _("All lists")),
            *((one.pk, formatting.one_line(one.name)) for one in watchlists),
        ]
        choices_of(self, "status").choices = [
            ("", _("Any status")),
            ("failing", _("checks are failing")),
            ("paused", _("paused")),
            *STATUS_CHOICES,
        ]


class AddProductsForm(forms.Form):
    """Product links, share texts or IDs, one a line, and the list they go to; without any list, a first one is made."""

    watchlist = forms.TypedChoiceField(label=_("Watchlist"), widget=styled(forms.Select, "form-select"))
    lines = forms.CharField(
        label=_("Product links or IDs, one a line"),
        strip=False,
        widget=styled(forms.Textarea, rows=4, spellcheck="false", placeholder=EXAMPLE_LINES),
    )

    def __init__(self, *args: Any, watchlists: Iterable[Watchlist], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        by_key = {str(one.pk): one for one in watchlists}
        field = choices_of(self, "watchlist")
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
