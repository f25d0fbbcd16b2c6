"""A form field for intervals: a number of minutes, hours or days."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

UNITS = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1), "days": timedelta(days=1)}
UNIT_CHOICES = [("minutes", _("minutes")), ("hours", _("hours")), ("days", _("days"))]
MAX_MINUTES = 100_000
NOT_A_NUMBER = {"invalid": _("Enter a number.")}


class IntervalWidget(forms.MultiWidget):
    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        number = forms.NumberInput({"aria-label": _("How many"), "step": "any", "min": 0})
        super().__init__([number, forms.Select({"aria-label": _("Unit")}, UNIT_CHOICES)], attrs)

    def decompress(self, value: timedelta | None) -> list[Any]:
        """Return the number and its unit: the largest that gives a whole number, or else
        minutes."""
        if value is None:
            return [None, "minutes"]
        unit = next((name for name in reversed(UNITS) if not value % UNITS[name]), "minutes")
        return [f"{round(value / UNITS[unit], 4):g}", unit]


class IntervalField(forms.MultiValueField):
    """Its clean value is a `timedelta`, or None."""

    widget = IntervalWidget

    def __init__(self, **kwargs: Any) -> None:
        number = forms.DecimalField(min_value=0, max_value=MAX_MINUTES, error_messages=NOT_A_NUMBER)
        unit = forms.ChoiceField(choices=UNIT_CHOICES)
        kwargs["error_messages"] = {"incomplete": _("Enter minutes, hours or days.")}
        super().__init__(fields=[number, unit], require_all_fields=False, **kwargs)

    def clean(self, value: Any) -> timedelta | None:
        """Return None for a unit without a number: the browser always sends the unit."""
        number, unit = value
        interval: timedelta | None = super().clean([number, unit] if number else [None, None])
        return interval

    def compress(self, data_list: list[Any]) -> timedelta | None:
        if not data_list:
            return None
        number, unit = data_list
        assert isinstance(number, Decimal)
        return timedelta(seconds=round(float(number) * UNITS[unit].total_seconds()))
