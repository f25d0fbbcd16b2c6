"""A rule as one sentence with blanks: when to alert, how often at most, and whether the mail may wait."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from monitor.models import Rule
from monitor.pages.rules.needs import USUAL
from monitor.pages.shared.clauses import AlsoForm, ClauseForm, MainForm
from monitor.pages.shared.fields import choices_of, styled
from monitor.pages.shared.own_products import OwnProducts
from monitor.rules.conditions import MOST_ALSO, Condition, why_never
from monitor.text.rule_words import COOLDOWN_WORDS, NEVER_WORDS, cooldown_in_words
from monitor.watchlists.rules import Terms

#: More would tell the same over and over.
MOST_RULES = 20


class RuleForm(forms.Form):
    """`rule` is the one that is altered, if any; a new one begins with `begin`. `others` are the rules beside it.

    `watched` is the key of the product that a rule of one product is for; `scale` the largest score of the shops
    concerned, where that is known. `sure` names the condition that the reader knows to be true already.
    """

    cooldown = forms.TypedChoiceField(
        label=_("Alert me"),
        coerce=int,
        required=False,
        empty_value=None,
        widget=styled(forms.Select, "form-select"),
    )
    is_urgent = forms.BooleanField(
        label=_("Urgent: mail at once, also in quiet hours"),
        required=False,
        widget=forms.CheckboxInput({"class": "form-check-input"}),
    )
    keep_lists = forms.BooleanField(
        label=_("Keep the list's rules beside it"),
        required=False,
        initial=True,
        widget=forms.CheckboxInput({"class": "form-check-input"}),
    )
    sure = forms.CharField(required=False, max_length=400, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any = None,
        *,
        prefix: str,
        own_products: OwnProducts,
        rule: Rule | None = None,
        begin: Terms = USUAL,
        others: list[Rule],
        watched: int | None = None,
        scale: int | None = None,
    ) -> None:
        super().__init__(data, prefix=prefix)
        self.pk = rule.pk if rule else None
        self.begin = begin if rule is None else Terms.of(rule)
        self.others = [one for one in others if one.pk != self.pk]
        self.initial = {"is_urgent": self.begin.is_urgent, "cooldown": int(self.begin.cooldown.total_seconds())}
        choices_of(self, "cooldown").choices = _choices_with(self.begin.cooldown)
        stored = self.begin.condition
        self.main = MainForm(
            data, prefix=prefix, stored=stored, scale=scale, own_products=own_products, watched=watched
        )
        self.also = [
            AlsoForm(data, prefix=f"{prefix}-also-{place}", stored=one)
            for place, one in enumerate([*stored.also, *[None] * MOST_ALSO][:MOST_ALSO])
        ]

    @property
    def clauses(self) -> list[ClauseForm]:
        """Those that count: the first, and unless its kind stands alone, those behind an 'and'."""
        kind = self.main.kind_asked
        return [self.main] if kind is not None and kind.spec.is_alone else [self.main, *self.also]

    def is_valid(self) -> bool:
        return super().is_valid() and all(clause.is_valid() for clause in self.clauses)

    @property
    def faults(self) -> list[str]:
        """All that is wrong, in the order of the sentence."""
        return [
            message
            for form in (*self.clauses, self)
            for messages in form.errors.get_json_data().values()
            for message in (one["message"] for one in messages)
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if all(clause.is_valid() for clause in self.clauses):
            self._refuse_doubles()
        if all(clause.is_valid() for clause in self.clauses):
            self._refuse_in_vain(self.condition)
        return cleaned

    def _refuse_doubles(self) -> None:
        """Of two bounds of one kind, or of two looks back over the same days, one says nothing."""
        seen = set()
        for clause in self.clauses:
            if (condition := clause.condition) is None:
                continue
            if (asked := (condition.kind, condition.days)) in seen:
                clause.add_error("kind", _("This is asked for twice: one of the two is enough."))
            seen.add(asked)

    def _refuse_in_vain(self, condition: Condition) -> None:
        if never := why_never(condition):
            self.add_error(None, NEVER_WORDS[never])
        elif any(rule.condition == condition for rule in self.others):
            self.main.add_error("kind", _("There is such a rule already."))
        elif len(self.others) >= MOST_RULES:
            words = gettext("There are %(most)d rules already: change one of them.")
            self.main.add_error("kind", words % {"most": MOST_RULES})

    @property
    def condition(self) -> Condition:
        """What was asked for; of a form whose clauses are valid."""
        first, *others = [clause.condition for clause in self.clauses if clause.condition is not None]
        return Condition(first.kind, first.threshold, first.days, first.own, tuple(others))

    @property
    def terms(self) -> Terms:
        """The whole rule; of a valid form."""
        seconds = self.cleaned_data["cooldown"]
        cooldown = self.begin.cooldown if seconds is None else timedelta(seconds=seconds)
        return Terms(self.condition, cooldown, self.cleaned_data["is_urgent"])

    @property
    def word(self) -> str:
        """The condition as `sure` names it."""
        return "+".join(
            ":".join([one.kind.value, str(one.threshold), *(str(part) for part in (one.days, one.own) if part)])
            for one in self.condition.all
        )

    @property
    def is_sure(self) -> bool:
        return str(self.cleaned_data["sure"]) == self.word


def _choices_with(cooldown: timedelta) -> list[tuple[int, str]]:
    """What is offered, and what a rule has that an operator has set."""
    return [(int(one.total_seconds()), cooldown_in_words(one)) for one in sorted({*COOLDOWN_WORDS, cooldown})]
