"""The add box of the products table."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from monitor import formatting
from monitor.forms.fields import choices_of, styled
from monitor.models import Watchlist

#: More lines than this are a file, which `manage.py import_products` takes.
MOST_LINES = 2000
EXAMPLE_LINES = "https://haohuo.jinritemai.com/views/product/item2?id=3514453298386183303\n3514453298386183303"


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
