"""A rule, in percent, yuan and points."""

import unicodedata
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from monitor.forms.fields import styled
from monitor.models import Rule
from monitor.models.rule_words import KIND_CHOICES
from monitor.rules import OWN_KINDS, UNITS, WINDOW_KINDS, Condition, Kind, Never, Unit, why_never

#: More would tell the same over and over.
MOST_RULES = 20
#: Why a threshold makes no sense for the scores at hand.
ON_THIS_SCALE = {
    Never.WHOLE_SCALE: _("Scores here run from 0 to %(scale)d: none can fall by more than that."),
    Never.EVERY_SCORE: _("Scores here run from 0 to %(scale)d: all of them are below that."),
}
#: What people write around a number: currency, percent, the comma between thousands.
_AROUND_NUMBERS = str.maketrans("", "", "¥元%, ")


class HundredthsField(forms.DecimalField):
    """A number with two decimals, kept as an integer of hundredths: percent, yuan and points all are.

    It is read as people write it, as '¥1,299', '10%' or '７２元'.
    """

    widget = forms.TextInput
    default_error_messages = {
        "max_decimal_places": _("At most two digits after the point."),
        "max_digits": _("This number is too large."),
        "max_whole_digits": _("This number is too large."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(decimal_places=2, max_digits=14, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, int):
            return value
        whole, hundredths = divmod(value, 100)
        return f"{whole}.{hundredths:02d}".removesuffix(".00")

    def to_python(self, value: Any) -> Any:
        text = unicodedata.normalize("NFKC", value).translate(_AROUND_NUMBERS) if isinstance(value, str) else value
        return super().to_python(text)

    def clean(self, value: Any) -> Any:
        number = super().clean(value)
        return None if number is None else int(number.scaleb(2))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(Decimal(initial).scaleb(-2) if isinstance(initial, int) else initial, data)


def _told_apart(value: str, label: Any) -> Any:
    """A kind's name with what its threshold counts: two kinds may have one name."""
    match UNITS[Kind(value)]:
        case Unit.PERCENT:
            return format_lazy("{} … %", label)
        case Unit.FEN:
            return format_lazy("{} ¥ …", label)
        case Unit.SCORE:
            return format_lazy("{} …", label)
    return label


#: Kinds that say more than what a form with one threshold asks.
_LONGER = WINDOW_KINDS | OWN_KINDS | {Kind.SILENT, Kind.ON_SALE}
#: The kinds of rules, under their headings.
KIND_OPTIONS = [
    (group, options)
    for group, kinds in KIND_CHOICES
    if (options := [(value, _told_apart(value, label)) for value, label in kinds if value not in _LONGER])
]


class KindSelect(forms.Select):
    """Says of each kind what its threshold counts, so that the page can show the unit."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        option["attrs"]["data-unit"] = UNITS[Kind(value)].value
        return option


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]
    """`instance` is a rule, new or not, with its list and watch. `others` are the rules beside which it will stand.

    `scale` is the largest score of the shops concerned, where that is known. `sure` names the condition that the
    reader knows to be true already.
    """

    kind = forms.ChoiceField(
        label=_("Alert when"),
        choices=KIND_OPTIONS,
        initial=Kind.PRICE_DROPPED.value,
        widget=KindSelect({"class": "form-select"}),
    )
    threshold = HundredthsField(
        label=_("Threshold"),
        required=False,
        widget=styled(forms.TextInput, inputmode="decimal", autocomplete="off", maxlength=20),
    )
    keep_lists = forms.BooleanField(
        label=_("Keep the list's rules beside it"),
        required=False,
        initial=True,
        widget=forms.CheckboxInput({"class": "form-check-input"}),
    )
    sure = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)

    class Meta:
        model = Rule
        fields = ("kind", "threshold")

    def __init__(self, *args: Any, others: list[Rule], scale: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            # A model form would begin with the empty values of its instance.
            self.initial = {}
        self.others = [rule for rule in others if rule.pk != self.instance.pk]
        self.scale = scale

    def clean_threshold(self) -> int | None:
        threshold: int | None = self.cleaned_data["threshold"]
        if threshold is not None and threshold <= 0:
            raise forms.ValidationError(_("This kind of rule needs a threshold above zero."))
        return threshold

    def clean(self) -> dict[str, Any]:
        """A kind without a unit has no threshold, whatever stands in the field that is hidden then."""
        cleaned = super().clean() or self.cleaned_data
        kind = cleaned.get("kind")
        if kind and UNITS[Kind(kind)] is Unit.NONE:
            self.errors.pop("threshold", None)
            cleaned["threshold"] = None
        if kind and "threshold" in cleaned:
            self._refuse_in_vain(Condition(Kind(kind), cleaned["threshold"]))
        return cleaned

    def _post_clean(self) -> None:
        """A threshold that the field has refused is not refused again by the rule, which would miss it."""
        if "threshold" not in self.errors:
            super()._post_clean()  # type: ignore[misc] # The stubs leave this hook out.

    def _refuse_in_vain(self, condition: Condition) -> None:
        if any(rule.condition == condition for rule in self.others):
            self.add_error("kind", _("There is such a rule already."))
        elif len(self.others) >= MOST_RULES:
            self.add_error("kind", _("There are %(most)d rules already: change one of them.") % {"most": MOST_RULES})
        elif self.scale and (never := why_never(condition, self.scale)) and not why_never(condition):
            self.add_error("threshold", ON_THIS_SCALE[never] % {"scale": self.scale})

    @property
    def condition(self) -> Condition:
        """What was asked for; of a valid form."""
        return Condition(Kind(self.cleaned_data["kind"]), self.cleaned_data["threshold"])

    @property
    def word(self) -> str:
        """The condition as `sure` names it."""
        return f"{self.condition.kind}:{self.condition.threshold}"

    @property
    def is_sure(self) -> bool:
        return str(self.cleaned_data["sure"]) == self.word
