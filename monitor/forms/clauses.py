"""A condition as one clause of a sentence with blanks: the kind, and what that kind needs besides."""

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.choices import CallableChoiceIterator
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from monitor.dashboard.own import OwnProducts, name_of
from monitor.forms.fields import styled
from monitor.forms.thresholds import UNIT_WORDS, read_days, read_threshold, written_threshold
from monitor.models import Product
from monitor.models.rule_words import KIND_CHOICES, NEVER_WORDS
from monitor.models.rules import check_condition
from monitor.rules import (
    ALSO_KINDS,
    EVER_KINDS,
    MAIN_KINDS,
    OWN_KINDS,
    SALES_KINDS,
    SHOP_KINDS,
    UNITS,
    WINDOW_KINDS,
    Condition,
    Kind,
    Never,
    Unit,
    why_never,
)

#: Kinds to which no 'and' can be added.
ALONE_KINDS = SHOP_KINDS | {Kind.SILENT}
#: Why a threshold makes no sense for the scores at hand.
ON_THIS_SCALE = {
    Never.WHOLE_SCALE: _("Scores here run from 0 to %(scale)d: none can fall by more than that."),
    Never.EVERY_SCORE: _("Scores here run from 0 to %(scale)d: all of them are below that."),
}
#: A number to begin with, for kinds of which most people want about the same.
_SUGGESTED = {
    Kind.PRICE_DROPPED: "10",
    Kind.PRICE_ROSE: "10",
    Kind.PRICE_MOVED: "10",
    Kind.PRICE_BELOW_HIGH: "10",
    Kind.PRICE_ABOVE_LOW: "10",
    Kind.UNDER_MINE: "5",
    Kind.SALES_GREW: "20",
    Kind.SHOP_SCORE_FELL: "0.1",
    Kind.SILENT: "6",
}
_HIDDEN = _(
    "Not everybody who has this list can see “%(own)s”, and its alerts would tell of it. Put it on this list, too, or"
    " choose another one."
)
SUGGESTED_DAYS = 30
#: A week has every day of the week once: sales go by them.
SUGGESTED_SALES_DAYS = 7


def told_apart(value: str, label: Any) -> Any:
    """A kind's name with what its threshold counts: two kinds may have one name."""
    kind = Kind(value)
    if kind in OWN_KINDS:
        # The product stands between this and the threshold.
        label = _("it is cheaper than my product")
    match UNITS[kind]:
        case Unit.NONE:
            return label
        case Unit.FEN:
            return format_lazy("{} ¥ …", label)
        case Unit.SCORE:
            return format_lazy("{} …", label)
        case unit:
            return format_lazy("{} … {}", label, UNIT_WORDS[unit])


#: The kinds of rules, under their headings, and those that may stand behind an 'and'.
KIND_OPTIONS, ALSO_OPTIONS = (
    [
        (group, options)
        for group, kinds in KIND_CHOICES
        if (options := [(value, told_apart(value, label)) for value, label in kinds if value in offered])
    ]
    for offered in (MAIN_KINDS, frozenset(ALSO_KINDS))
)


class KindSelect(forms.Select):
    """Says of each kind which blanks it needs, so that the page shows no others, and what to begin with in them."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if value:
            option["attrs"] |= _needs(Kind(value))
        return option


def _needs(kind: Kind) -> dict[str, str]:
    needs = {"data-unit": UNITS[kind].value}
    if kind in SALES_KINDS:
        needs["data-days"] = "pace" if kind is Kind.SALES_PACE_DOUBLED else "sales"
    elif kind in WINDOW_KINDS:
        needs["data-days"] = "ever" if kind in EVER_KINDS else "price"
    if kind in OWN_KINDS:
        needs["data-own"] = "yes"
    if kind in ALONE_KINDS:
        needs["data-alone"] = "yes"
    if UNITS[kind] is not Unit.NONE:
        needs["data-suggested"] = _SUGGESTED.get(kind, "")
    if kind in WINDOW_KINDS:
        needs["data-suggested-days"] = str(SUGGESTED_SALES_DAYS if kind in SALES_KINDS else SUGGESTED_DAYS)
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

    def __init__(self, *args: Any, stored: Condition | None = None, scale: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored, self.scale = stored, scale
        self.condition: Condition | None = None
        self.initial = {"days": str(SUGGESTED_DAYS)}
        if stored is not None:
            self.initial["kind"] = stored.kind.value
            self.initial["threshold"] = written_threshold(stored.threshold, UNITS[stored.kind])
            if stored.kind in WINDOW_KINDS:
                self.initial["days"] = str(stored.days or "")

    @property
    def kind_asked(self) -> Kind | None:
        """The kind that stands in the form, also of one that is not valid."""
        if self.is_bound:
            self.is_valid()
            kind = self.cleaned_data.get("kind")
            return Kind(kind) if kind else None
        return self.stored.kind if self.stored else None

    @property
    def units(self) -> list[tuple[str, Any]]:
        """The units of thresholds, with their words: the page shows the one of the kind."""
        return [(unit.value, words) for unit, words in UNIT_WORDS.items()]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        kind = Kind(cleaned["kind"]) if cleaned.get("kind") else None
        if kind is None:
            # Of a kind that is not known nothing else can be said.
            for name in set(self.errors) - {"kind"}:
                del self.errors[name]
            return cleaned
        threshold = self._read("threshold", kind)
        days = self._read("days", kind)
        own = self._own(kind)
        if not self.errors:
            self._take(Condition(kind, threshold, days, own))
        return cleaned

    def _read(self, name: str, kind: Kind) -> int | None:
        """What stands in a blank that the kind needs."""
        if (UNITS[kind] is Unit.NONE) if name == "threshold" else (kind not in WINDOW_KINDS):
            self.errors.pop(name, None)
            return None
        text = self.cleaned_data.get(name, "")
        try:
            if name == "days":
                return read_days(text, may_be_ever=kind in EVER_KINDS)
            return read_threshold(text, UNITS[kind])
        except ValidationError as error:
            if name not in self.errors:
                self.add_error(name, error)
            return None

    def _own(self, kind: Kind) -> int | None:
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
        return self.offer or self.kind_asked in OWN_KINDS

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

    def _own(self, kind: Kind) -> int | None:
        if kind not in OWN_KINDS:
            self.errors.pop("own", None)
            return None
        key = self.cleaned_data.get("own", "")
        if not key:
            return None
        product = self._product(key)
        if product is None:
            self.add_error("own", _("This product is not on any of your lists. Choose one that is."))
            return None
        if not self.own_products.all_see(product):
            self.add_error("own", _HIDDEN % {"own": name_of(product.title, product.num_iid)})
            return None
        if product.pk == self.watched:
            self.add_error("own", _("This is the product itself: it is never cheaper than itself. Choose another one."))
            return None
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
        choices=[("", _("+ and …")), *ALSO_OPTIONS],
        widget=KindSelect({"class": "form-select", "data-kind": ""}),
    )
