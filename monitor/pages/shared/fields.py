"""Forms whose widgets look alike, filters that ignore bad values, and amounts in yuan."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from monitor.models import Watchlist
from monitor.showing.reads.products import ProductFilters, linked_num_iid
from monitor.text import formatting
from monitor.watching.own_values import BAD_AMOUNT
from monitor.watching.uploads import sheets
from monitor.watching.uploads.files import UnreadableUpload
from monitor.watching.words import REFUSAL_WORDS

#: More than any price.
MOST_YUAN = Decimal(sheets.MOST_YUAN)
#: The files that uploads accept.
FILE_TYPES = ".csv,.txt,.tsv,.xlsx,.xlsm,text/csv,text/plain"
#: The attributes of a file's widget in `parts/file_pick.html`.
FILE_PICK = {
    "accept": FILE_TYPES,
    "aria-labelledby": "file-button",
    "aria-describedby": "file-name",
}
#: Django's messages for these codes speak of fields and choices, not of the address that was
#: opened.
_CODES_OF_DJANGO = {
    "invalid",
    "invalid_choice",
    "max_length",
    "min_value",
    "max_value",
    "null_characters_not_allowed",
}
#: The code of an error about a valid value that contradicts another one.
OUT_OF_PLACE = "out_of_place"
_YUAN = re.compile(r"[¥￥]?([0-9]{1,12}(?:\.[0-9]{0,2})?)元?")


class Styled(forms.BaseForm):
    """Gives each visible widget the CSS class of its kind."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not field.widget.is_hidden:
                field.widget.attrs.setdefault("class", _css_class(field.widget))


class StyledForm(Styled, forms.Form):
    pass


def _css_class(widget: forms.Widget) -> str:
    if isinstance(widget, forms.Select):
        return "form-select"
    return (
        "form-check-input"
        if isinstance(widget, forms.CheckboxInput | forms.RadioSelect)
        else "form-control"
    )


def offer(form: forms.BaseForm, name: str, choices: Any) -> None:
    """Set the choices of a field."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


def list_choices(lists: Iterable[Watchlist]) -> list[tuple[int, str]]:
    return [(watchlist.pk, formatting.one_line(watchlist.name)) for watchlist in lists]


def offer_lists(form: forms.BaseForm, lists: Iterable[Watchlist]) -> None:
    """Let the field `list` choose one of these lists, or all."""
    offer(form, "list", [("", _("All lists")), *list_choices(lists)])


def or_refusal[**P, Lines](read: Callable[P, Lines], *args: P.args, **kwargs: P.kwargs) -> Lines:
    """Return what `read` reads of an upload. Raises `ValidationError`, with advice, if that is
    impossible."""
    try:
        return read(*args, **kwargs)
    except UnreadableUpload as error:
        raise forms.ValidationError(REFUSAL_WORDS[error.refusal]) from None


class YuanField(forms.CharField):
    """An amount in yuan as people type it: `72`, `¥72.00`, `1,200 元`. The cleaned value is in fen,
    or None."""

    default_error_messages = {"invalid": _("Enter an amount in yuan, such as 72 or 72.50.")}

    #: In fen.
    least = 0

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=30, empty_value=None, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Write an initial value, which is in fen."""
        return f"{Decimal(value) / 100:.2f}" if isinstance(value, int) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if text is None:
            return None
        amount = _YUAN.fullmatch(
            "".join(unicodedata.normalize("NFKC", text).replace(",", "").split())
        )
        if amount is None or not self.least <= Decimal(amount[1]) * 100 <= MOST_YUAN * 100:
            raise forms.ValidationError(self.error_messages["invalid"], code="yuan")
        return int(Decimal(amount[1]) * 100)


class AmountField(YuanField):
    """An amount of 1 fen or more."""

    default_error_messages = {"invalid": BAD_AMOUNT}
    least = 1


def search_field(
    label: Any, placeholder: Any, most: int | None = 500, **attrs: Any
) -> forms.CharField:
    """Return the field of a search's words."""
    widget = forms.TextInput({"type": "search", "placeholder": placeholder, **attrs})
    return forms.CharField(label=label, required=False, max_length=most, initial="", widget=widget)


def sort_field(names: Iterable[str], initial: str) -> forms.ChoiceField:
    """Return the hidden field of an order: one of the names, downwards after a '-'."""
    choices = [(f"{way}{name}", name) for name in names for way in ("", "-")]
    widget = forms.HiddenInput
    return forms.ChoiceField(
        label=_("Order"), required=False, initial=initial, choices=choices, widget=widget
    )


class Filters(StyledForm):
    """A GET form that ignores bad values."""

    def ignored(self) -> list[tuple[str, str, str]]:
        """Return the ignored values, each with its field's label and what can be said about it.

        The value is '' if it is valid but contradicts another one.
        """
        query = cast("QueryDict", self.data)
        return [
            (
                str(self.fields[name].label),
                "" if errors[0].code == OUT_OF_PLACE else " ".join(query.getlist(name)),
                "" if errors[0].code in _CODES_OF_DJANGO else " ".join(errors[0].messages),
            )
            for name, errors in self.errors.as_data().items()
        ]

    def given(self, **changed: str) -> dict[str, str]:
        """Return the valid values as the URL has them, some of them changed, without defaults."""
        texts = {
            name: str(self.data.get(name, "")).strip()
            for name in self.fields
            if name not in self.errors
        }
        usual = {name: str(field.initial) for name, field in self.fields.items()}
        return {
            name: text
            for name, text in {**texts, **changed}.items()
            if text and text != usual.get(name)
        }

    def query(self, **changed: str) -> str:
        return urlencode(self.given(**changed))

    def chosen(self, name: str) -> Any:
        """Return the cleaned value of a field, or the field's initial one."""
        self.is_valid()
        value = self.cleaned_data.get(name)
        return self.fields[name].initial if value in (None, "") else value


class PriceFilters(Filters):
    """Filters with the lowest and the highest price."""

    min = YuanField(
        label=_("Lowest price"),
        required=False,
        widget=forms.TextInput({"inputmode": "decimal", "placeholder": "¥ 0"}),
    )
    max = YuanField(
        label=_("Highest price"),
        required=False,
        widget=forms.TextInput({"inputmode": "decimal", "placeholder": "¥ ∞"}),
    )

    def clean(self) -> None:
        """Ignore a highest price below the lowest one."""
        low, high = self.cleaned_data.get("min"), self.cleaned_data.get("max")
        if low is not None and high is not None and low > high:
            message = _("It is below the lowest price.")
            self.add_error("max", forms.ValidationError(message, code=OUT_OF_PLACE))


def seconds(length: Any) -> int:
    """Return the value of a choice of time spans."""
    return int(length.total_seconds())


def with_checks(interval: timedelta, checks: float) -> str:
    """Return the label of a choice of intervals, with the checks a day."""
    words = {"interval": formatting.duration(interval), "checks": formatting.calls(checks)}
    return gettext("%(interval)s · %(checks)s/day") % words


class ProductSearch(Filters):
    """The search among the user's products."""

    q = search_field(_("Search your products"), _("Title, shop, ID or link"), autocomplete="off")

    @property
    def filters(self) -> ProductFilters:
        search = self.chosen("q").strip()
        return ProductFilters(search=search, num_iid=linked_num_iid(search))
