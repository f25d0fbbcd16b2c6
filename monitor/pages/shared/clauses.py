"""A condition as one clause of a sentence with blanks: the kind, and what that kind needs besides."""

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.choices import CallableChoiceIterator
from django.utils.translation import gettext_lazy as _

from monitor.models import Product
from monitor.models.rules import check_condition
from monitor.pages.shared.fields import styled
from monitor.pages.shared.own_products import OwnProducts, name_of
from monitor.pages.shared.thresholds import read_days, read_threshold, written_threshold
from monitor.rules.conditions import Condition, NeverReason, why_never
from monitor.rules.kinds import Kind, Unit, Window
from monitor.text.rule_words import NEVER_WORDS, UNIT_WORDS, WORDS, kind_options

#: Why a threshold makes no sense for the scores at hand.
ON_THIS_SCALE = {
    NeverReason.WHOLE_SCALE: _("Scores here run from 0 to %(scale)d: none can fall by more than that."),
    NeverReason.EVERY_SCORE: _("Scores here run from 0 to %(scale)d: all of them are below that."),
}
_HIDDEN = _(
    "Not everybody who has this list can see “%(own)s”, and its alerts would tell of it. Put it on this list, too, or"
    " choose another one."
)
#: The kinds of rules, under their headings.
KIND_OPTIONS = kind_options(lambda spec: spec.leads)


class KindSelect(forms.Select):
    """Says of each kind which blanks it needs, so that the page shows no others, and what to begin with in them."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if value:
            option["attrs"] |= _needs(Kind(value))
        return option


def _needs(kind: Kind) -> dict[str, str]:
    spec = kind.spec
    needs = {"data-unit": spec.unit.value}
    if spec.window:
        needs |= {"data-days": spec.window.value, "data-suggested-days": str(spec.window.usual_days)}
    if spec.needs_own:
        needs["data-own"] = "yes"
    if spec.is_alone:
        needs["data-alone"] = "yes"
    if spec.unit is not Unit.NONE:
        needs["data-suggested"] = WORDS[kind].hint
    return needs


class ClauseForm(forms.Form):
    """One condition; what its kind does not need is not looked at, whatever stands there.

    `stored` is the condition with which it begins. `scale` is the largest score of the shops concerned, where that is
    known.
    """

    kind = forms.ChoiceField(
        label=_("Alert when"), choices=KIND_OPTIONS, widget=KindSelect({"class": "form-select", "data-kind": ""})
    )
    threshold = forms.CharField(
        label=_("Threshold"),
        required=False,
        max_length=30,
        widget=styled(forms.TextInput, inputmode="decimal", autocomplete="off"),
    )
    days = forms.CharField(
        label=_("Days"),
        required=False,
        max_length=20,
        widget=styled(forms.TextInput, inputmode="numeric", autocomplete="off"),
    )
    #: The units of thresholds, with their words: the page shows the one of the kind.
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
        """The kind that stands in the form, also of one that is not valid."""
        if self.is_bound:
            self.is_valid()
            kind = self.cleaned_data.get("kind")
            return Kind(kind) if kind else None
        return self.stored.kind if self.stored else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("kind"):
            # Of a kind that is not known nothing else can be said.
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
            self._take(condition)
        return cleaned

    def _read(self, name: str, is_needed: bool, read: Callable[[str], int | None]) -> int | None:
        """What stands in a blank that the kind needs."""
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

    def _take(self, condition: Condition) -> None:
        """The condition, unless it makes no sense by itself."""
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
    """The first clause. `watched` is the key of the product that a rule of one product is for.

    Products of one's own are read where the kind asks for one, or with `offer`: most forms on a page need none.
    """

    own = forms.CharField(label=_("My own product"), required=False, widget=styled(forms.Select, "form-select"))
    own_search = forms.CharField(
        label=_("Search my products"),
        required=False,
        max_length=100,
        widget=styled(forms.TextInput, type="search", autocomplete="off"),
    )

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
        # Read when it is shown: a form that is only judged needs no list to choose from.
        select.choices = CallableChoiceIterator(self._own_choices)

    @property
    def offers_own(self) -> bool:
        kind = self.kind_asked
        return self.offer or (kind is not None and kind.spec.needs_own)

    def _own_choices(self) -> list[Any]:
        """What is offered, and what is chosen already."""
        first: list[Any] = [("", _("my product …"))]
        if not self.offers_own:
            return first
        search = self.data.get(self.add_prefix("own_search"), "") if self.is_bound else ""
        offered = self.own_products.offered(search)
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
            raise ValidationError(_("This product is not on any of your lists. Choose one that is."))
        if not self.own_products.all_see(product):
            raise ValidationError(_HIDDEN % {"own": name_of(product.title, product.num_iid)})
        if product.pk == self.watched:
            raise ValidationError(_("This is the product itself: it is never cheaper than itself. Choose another one."))
        return product.pk

    def _product(self, key: str) -> Product | None:
        """One on the user's lists."""
        if not key.isascii() or not key.isdecimal() or len(key) > 18:
            return None
        return self.own_products.find(int(key))


class AlsoForm(ClauseForm):
    """A clause behind an 'and'; without a kind there is none."""

    kind = forms.ChoiceField(
        label=_("and"),
        required=False,
        choices=[("", _("+ and …")), *kind_options(lambda spec: spec.follows)],
        widget=KindSelect({"class": "form-select", "data-kind": ""}),
    )
