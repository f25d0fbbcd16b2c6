"""What the forms share."""

import re
import unicodedata
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

#: More than any price.
MOST_YUAN = Decimal(10_000_000)
#: What Django says of these speaks of fields and choices, not of what stands in the address.
_OF_DJANGO = {"invalid", "invalid_choice", "max_length", "min_value", "max_value", "null_characters_not_allowed"}
#: The code of an error about a value that is understood, and is in the way of another one.
OUT_OF_PLACE = "out_of_place"
_YUAN = re.compile(r"[¥￥]?([0-9]{1,12}(?:\.[0-9]{0,2})?)元?")


def styled(widget: type[forms.Widget], css: str = "form-control", **attributes: Any) -> forms.Widget:
    return widget(attrs={"class": css, **attributes})


def choices_of(form: forms.BaseForm, name: str) -> forms.TypedChoiceField:
    field = form.fields[name]
    assert isinstance(field, forms.TypedChoiceField)
    return field


class YuanField(forms.CharField):
    """An amount typed in yuan, as people write it: `72`, `¥72.00`, `1,200 元`. Clean, it is fen, or None."""

    default_error_messages = {"invalid": _("Write an amount in yuan, such as 72 or 72.50.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=30, empty_value=None, **kwargs)

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if text is None:
            return None
        written = _YUAN.fullmatch("".join(unicodedata.normalize("NFKC", text).replace(",", "").split()))
        if written is None or Decimal(written[1]) > MOST_YUAN:
            raise forms.ValidationError(self.error_messages["invalid"], code="yuan")
        return int(Decimal(written[1]) * 100)


class Filters(forms.Form):
    """A form whose bad values count as not given."""

    def ignored(self) -> list[tuple[str, str, str]]:
        """What is not understood: the label of each such field, what was asked for, and what can be said of it.

        What was asked for is '' where it was understood, but does not go with the rest.
        """
        query = cast("QueryDict", self.data)
        return [
            (
                str(self.fields[name].label),
                "" if errors[0].code == OUT_OF_PLACE else " ".join(query.getlist(name)),
                _told(errors[0]),
            )
            for name, errors in self.errors.as_data().items()
        ]

    def chosen(self, name: str) -> Any:
        """The cleaned value of a field, or the field's initial one."""
        self.is_valid()
        value = self.cleaned_data.get(name)
        return self.fields[name].initial if value in (None, "") else value


def _told(error: forms.ValidationError) -> str:
    return "" if error.code in _OF_DJANGO else " ".join(error.messages)
