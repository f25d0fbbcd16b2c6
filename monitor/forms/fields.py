"""What the forms share."""

from typing import Any

from django import forms


def styled(widget: type[forms.Widget], css: str = "form-control", **attributes: Any) -> forms.Widget:
    return widget(attrs={"class": css, **attributes})


def choices_of(form: forms.BaseForm, name: str) -> forms.TypedChoiceField:
    field = form.fields[name]
    assert isinstance(field, forms.TypedChoiceField)
    return field


class Filters(forms.Form):
    """A form whose bad values count as not given."""

    def chosen(self, name: str) -> Any:
        """The cleaned value of a field, or the field's initial one."""
        self.is_valid()
        value = self.cleaned_data.get(name)
        return self.fields[name].initial if value in (None, "") else value
