"""How often something is checked, as operators choose it: a number of minutes, hours or days."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

UNITS = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1), "days": timedelta(days=1)}
UNIT_CHOICES = [("minutes", _("minutes")), ("hours", _("hours")), ("days", _("days"))]
#: More than any interval may be, in minutes.
MOST = 100_000


class IntervalWidget(forms.MultiWidget):
    """A number and its unit, beside each other."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        number = forms.NumberInput({"aria-label": _("How many"), "step": "any", "min": 0})
        super().__init__([number, forms.Select({"aria-label": _("Unit")}, UNIT_CHOICES)], attrs)

    def decompress(self, value: timedelta | None) -> list[Any]:
        """In the largest unit of which it is a whole number; what is none of minutes either, in minutes."""
        if value is None:
            return [None, "minutes"]
        unit = next((name for name in reversed(UNITS) if not value % UNITS[name]), "minutes")
        return [f"{round(value / UNITS[unit], 4):g}", unit]


class IntervalField(forms.MultiValueField):
    """Clean, it is a `timedelta`, or None where nothing was written."""

    widget = IntervalWidget

    def __init__(self, **kwargs: Any) -> None:
        number = forms.DecimalField(min_value=0, max_value=MOST, error_messages={"invalid": _("Write a number.")})
        unit = forms.ChoiceField(choices=UNIT_CHOICES)
        kwargs["error_messages"] = {"incomplete": _("Write how many minutes, hours or days.")}
        super().__init__(fields=[number, unit], require_all_fields=False, **kwargs)

    def clean(self, value: Any) -> timedelta | None:
        """A unit without a number is nothing: the unit is always there."""
        number, unit = value
        interval: timedelta | None = super().clean([number, unit] if number else [None, None])
        return interval

    def compress(self, data_list: list[Any]) -> timedelta | None:
        if not data_list:
            return None
        number, unit = data_list
        assert isinstance(number, Decimal)
        return timedelta(seconds=round(float(number) * UNITS[unit].total_seconds()))
