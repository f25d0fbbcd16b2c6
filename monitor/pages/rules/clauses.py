"""A condition as one clause of a sentence with blanks: its kind, and the values that this kind
needs."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from monitor.judging.rules.conditions import Condition
from monitor.judging.rules.kinds import Kind, Unit, Window
from monitor.pages.shared.fields import StyledForm
from monitor.pages.shared.thresholds import read_threshold, written_threshold
from monitor.text.rule_words import UNIT_WORDS, WORDS, kind_options

#: The kinds of rules, under their headings.
KIND_OPTIONS = kind_options(lambda spec: spec.leads)
#: The same of one product's own rules.
KINDS_OF_WATCH = kind_options(lambda spec: spec.leads and not spec.subject.is_followed)


class KindSelect(forms.Select):
    """Each option says which blanks its kind needs, and what to suggest in them."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if value:
            option["attrs"] |= _data_attributes(Kind(value))
        return option


def _data_attributes(kind: Kind) -> dict[str, str]:
    spec = kind.spec
    attributes = {"data-unit": spec.unit.value}
    if spec.window:
        attributes |= {
            "data-days": spec.window.value,
            "data-suggested-days": str(spec.window.usual_days),
        }
    if spec.is_alone:
        attributes["data-alone"] = "yes"
    if spec.unit is not Unit.NONE:
        attributes["data-suggested"] = WORDS[kind].hint
    return attributes


class ClauseForm(StyledForm):
    """One condition. Ignores the blanks that its kind does not need.

    `stored` is the condition it begins with.
    """

    kind = forms.ChoiceField(
        label=_("Alert when"), choices=KIND_OPTIONS, widget=KindSelect({"data-kind": ""})
    )
    threshold = forms.CharField(
        label=_("Threshold"),
        required=False,
        max_length=30,
        widget=forms.TextInput({"autocomplete": "off", "inputmode": "decimal"}),
    )
    days = forms.IntegerField(
        label=_("Days"),
        required=False,
        widget=forms.TextInput({"autocomplete": "off", "inputmode": "numeric"}),
    )
    #: The units of thresholds in words; the page shows the one of the kind.
    units = [(unit.value, words) for unit, words in UNIT_WORDS.items()]

    def __init__(self, *args: Any, stored: Condition | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored = stored
        self.condition: Condition | None = None
        self.initial = {"days": str(Window.PRICE.usual_days)}
        if stored is not None:
            self.initial["kind"] = stored.kind.value
            self.initial["threshold"] = written_threshold(stored.threshold, stored.spec.unit)
            if stored.spec.window:
                self.initial["days"] = str(stored.days or "")

    @property
    def kind_asked(self) -> Kind | None:
        """The kind, even if the form is not valid."""
        if self.is_bound:
            self.is_valid()
            kind = self.cleaned_data.get("kind")
            return Kind(kind) if kind else None
        return self.stored.kind if self.stored else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("kind"):
            # Without a kind the other blanks cannot be judged.
            for name in set(self.errors) - {"kind"}:
                del self.errors[name]
            return cleaned
        kind = Kind(cleaned["kind"])
        spec = kind.spec
        if spec.window is None:
            self.errors.pop("days", None)
        if spec.unit is Unit.NONE:
            self.errors.pop("threshold", None)
        threshold = self._threshold(spec.unit)
        if not self.errors:
            days = cleaned.get("days") if spec.window else None
            self.condition = Condition(kind, threshold, days)
        return cleaned

    def _threshold(self, unit: Unit) -> int | None:
        """Return the threshold, if the kind needs one."""
        if unit is Unit.NONE or "threshold" in self.errors:
            return None
        try:
            return read_threshold(self.cleaned_data["threshold"], unit)
        except ValidationError as error:
            self.add_error("threshold", error)
        return None


class AlsoForm(ClauseForm):
    """A clause after 'and'. It may stay empty."""

    kind = forms.ChoiceField(
        label=_("and"),
        required=False,
        choices=[("", _("+ and …")), *kind_options(lambda spec: spec.follows)],
        widget=KindSelect({"data-kind": ""}),
    )
