"""A condition as one clause of a sentence with blanks: its kind, and the values that this kind needs."""

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.choices import CallableChoiceIterator
from django.utils.translation import gettext_lazy as _

from monitor.models import Product
from monitor.models.rules import check_condition
from monitor.pages.shared.answers import number_in
from monitor.pages.shared.fields import StyledForm
from monitor.pages.shared.rules.own_products import OwnProducts, name_of
from monitor.pages.shared.rules.thresholds import read_days, read_threshold, written_threshold
from monitor.rules.conditions import Condition, NeverReason, why_never
from monitor.rules.kinds import Kind, Unit, Window
from monitor.text.rule_words import NEVER_WORDS, UNIT_WORDS, WORDS, kind_options

#: Why no score of these shops can ever fulfil a condition.
ON_THIS_SCALE = {
    NeverReason.WHOLE_SCALE: _("Scores run from 0 to %(scale)d and cannot fall by more."),
    NeverReason.EVERY_SCORE: _("Scores run from 0 to %(scale)d: all are below that."),
}
_HIDDEN = _("Not everyone on this list can see “%(own)s”. Add it to this list, or choose another product.")
#: The kinds of rules, under their headings.
KIND_OPTIONS = kind_options(lambda spec: spec.leads)


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
        attributes |= {"data-days": spec.window.value, "data-suggested-days": str(spec.window.usual_days)}
    if spec.needs_own:
        attributes["data-own"] = "yes"
    if spec.is_alone:
        attributes["data-alone"] = "yes"
    if spec.unit is not Unit.NONE:
        attributes["data-suggested"] = WORDS[kind].hint
    return attributes


def _blank(label: Any, max_length: int, **attributes: str) -> forms.CharField:
    widget = forms.TextInput({"autocomplete": "off", **attributes})
    return forms.CharField(label=label, required=False, max_length=max_length, widget=widget)


class ClauseForm(StyledForm):
    """One condition. Ignores the blanks that its kind does not need.

    `stored` is the condition it begins with. `scale` is the largest possible score of the shops, if known.
    """

    kind = forms.ChoiceField(label=_("Alert when"), choices=KIND_OPTIONS, widget=KindSelect({"data-kind": ""}))
    threshold = _blank(_("Threshold"), 30, inputmode="decimal")
    days = _blank(_("Days"), 20, inputmode="numeric")
    #: The units of thresholds in words; the page shows the one of the kind.
    units = [(unit.value, words) for unit, words in UNIT_WORDS.items()]

    def __init__(self, *args: Any, stored: Condition | None = None, scale: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored, self.scale = stored, scale
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
        condition = Condition(
            kind,
            self._read("threshold", spec.unit is not Unit.NONE, lambda text: read_threshold(text, spec.unit)),
            self._read("days", spec.window is not None, lambda text: read_days(text, may_be_ever=spec.is_extreme)),
            self._read("own", spec.needs_own, self._read_own),
        )
        if not self.errors:
            self._keep_if_possible(condition)
        return cleaned

    def _read(self, name: str, is_needed: bool, read: Callable[[str], int | None]) -> int | None:
        """The value of a blank, if the kind needs it."""
        if not is_needed:
            self.errors.pop(name, None)
        elif name not in self.errors:
            try:
                return read(self.cleaned_data.get(name, ""))
            except ValidationError as error:
                self.add_error(name, error)
        return None

    def _read_own(self, key: str) -> int | None:
        return None

    def _keep_if_possible(self, condition: Condition) -> None:
        """Set `condition` unless it can never be true."""
        try:
            check_condition(condition)
        except ValidationError as error:
            self.add_error(None, error)
            return
        if never := why_never(condition):
            self.add_error("threshold", NEVER_WORDS[never])
        elif self.scale and (never := why_never(condition, self.scale)):
            self.add_error("threshold", ON_THIS_SCALE[never] % {"scale": self.scale})
        else:
            self.condition = condition


class MainForm(ClauseForm):
    """The first clause. `watched` is the key of the product if the rule is for one product.

    The user's own products are read only if the kind needs one, or with `offer`: most forms on a page need none.
    """

    own = forms.CharField(label=_("My own product"), required=False, widget=forms.Select)
    own_search = _blank(_("Search my products"), 100, type="search")

    def __init__(
        self,
        *args: Any,
        own_products: OwnProducts,
        watched: int | None = None,
        offer: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.own_products, self.watched, self.offer = own_products, watched, offer
        self.initial["own"] = str(self.stored.own or "") if self.stored else ""
        select = cast("forms.Select", self.fields["own"].widget)
        # Read when the form is rendered: validation needs no choices.
        select.choices = CallableChoiceIterator(self._own_choices)

    @property
    def offers_own(self) -> bool:
        kind = self.kind_asked
        return self.offer or (kind is not None and kind.spec.needs_own)

    def _own_choices(self) -> list[Any]:
        """The offered products, and the chosen one."""
        first: list[Any] = [("", _("my product …"))]
        if not self.offers_own:
            return first
        search = self.data.get(self.add_prefix("own_search"), "") if self.is_bound else ""
        offered = self.own_products.grouped(search)
        keys = {str(key) for _group, products in offered for key, _name in products}
        chosen = str(self["own"].value() or "")
        if chosen and chosen not in keys:
            if (product := self._product(chosen)) is not None:
                first.append((product.pk, name_of(product.title, product.num_iid)))
            elif self.stored is not None and chosen == str(self.stored.own):
                first.append((chosen, _("a product that you cannot see")))
        return [*first, *offered]

    def _read_own(self, key: str) -> int | None:
        if not key:
            return None
        product = self._product(key)
        if product is None:
            raise ValidationError(_("This product is not on any of your lists: choose another."))
        if not self.own_products.all_see(product):
            raise ValidationError(_HIDDEN % {"own": name_of(product.title, product.num_iid)})
        if product.pk == self.watched:
            raise ValidationError(_("This is the watched product itself: choose another."))
        return product.pk

    def _product(self, key: str) -> Product | None:
        """The product with this key, if it is on the user's lists."""
        number = number_in(key)
        return None if number is None else self.own_products.find(number)


class AlsoForm(ClauseForm):
    """A clause after 'and'. It may stay empty."""

    kind = forms.ChoiceField(
        label=_("and"),
        required=False,
        choices=[("", _("+ and …")), *kind_options(lambda spec: spec.follows)],
        widget=KindSelect({"data-kind": ""}),
    )
