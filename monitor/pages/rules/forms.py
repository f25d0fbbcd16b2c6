"""The form of a rule: its kind, number and cool-down; conditions after 'and' and urgency are behind
'more'."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from monitor.judging.rules.conditions import MOST_ALSO, Condition
from monitor.judging.rules.kinds import Kind
from monitor.models import Rule
from monitor.models.rules import USUAL_COOLDOWN
from monitor.pages.rules.clauses import KINDS_OF_WATCH, AlsoForm, ClauseForm
from monitor.pages.shared.fields import StyledForm, offer, seconds
from monitor.showing.reads.rules import RuleSet
from monitor.text.rule_words import COOLDOWN_WORDS, cooldown_in_words
from monitor.watching.rules import RuleError, Terms, check_rule

A_DAY = timedelta(days=1)
#: The default of a new rule.
USUAL = Terms(Condition(Kind.PRICE_DROPPED, 1000), USUAL_COOLDOWN)


@dataclass(frozen=True, slots=True)
class Need:
    """A rule, named by its purpose."""

    title: Promise
    terms: Terms


#: By their names in addresses.
NEEDS: Mapping[str, Need] = {
    "sales-surge": Need(_("Sales surge"), Terms(Condition(Kind.SALES_GREW, 2000, 7), A_DAY)),
    "out-of-stock": Need(
        _("Supplier out of stock"),
        Terms(Condition(Kind.LEFT_SHELF), USUAL_COOLDOWN, is_urgent=True),
    ),
    "promotion": Need(
        _("A rival's promotion"), Terms(Condition(Kind.PRICE_BELOW_HIGH, 1000, 30), USUAL_COOLDOWN)
    ),
    "lowest-price": Need(
        _("New lowest price"), Terms(Condition(Kind.PRICE_LOWEST, days=90), USUAL_COOLDOWN)
    ),
    "best-seller": Need(_("Best-seller"), Terms(Condition(Kind.SALES_PACE_DOUBLED, days=7), A_DAY)),
    "shop-score": Need(
        _("Falling shop score"), Terms(Condition(Kind.SHOP_SCORE_SLIPPED), USUAL_COOLDOWN)
    ),
    "silence": Need(_("Checks went silent"), Terms(Condition(Kind.SILENT, 6), A_DAY)),
    "stay-cheapest": Need(
        _("Stay the cheapest"), Terms(Condition(Kind.NOT_CHEAPEST), USUAL_COOLDOWN)
    ),
    "new-products": Need(_("A rival's new products"), Terms(Condition(Kind.RANGE_NEW))),
}
#: The same without those that are a list's alone.
NEEDS_OF_WATCH = {
    word: need for word, need in NEEDS.items() if not need.terms.condition.spec.subject.is_followed
}


class RuleForm(StyledForm):
    """`rule` is the rule of the set to alter, if any; a new one begins with
    `begin`."""

    cooldown = forms.TypedChoiceField(
        label=_("Alert me"), coerce=int, required=False, empty_value=None
    )
    is_urgent = forms.BooleanField(label=_("Urgent: also in quiet hours"), required=False)
    keep_lists = forms.BooleanField(
        label=_("Keep the list's rules too"), required=False, initial=True
    )

    def __init__(
        self,
        data: Any = None,
        *,
        rule_set: RuleSet,
        rule: Rule | None = None,
        begin: Terms = USUAL,
    ) -> None:
        prefix = self.prefix_of(rule_set, rule)
        super().__init__(data, prefix=prefix)
        self.rule, self.pk = rule, rule.pk if rule else None
        self.begin = begin if rule is None else Terms.of(rule)
        self.rule_set = rule_set
        self.initial = {"is_urgent": self.begin.is_urgent, "cooldown": seconds(self.begin.cooldown)}
        cooldowns = sorted(
            {*COOLDOWN_WORDS, self.begin.cooldown}
        )  # An operator may have set another one.
        offer(
            self,
            "cooldown",
            [(seconds(cooldown), cooldown_in_words(cooldown)) for cooldown in cooldowns],
        )
        stored = self.begin.condition
        self.main = ClauseForm(data, prefix=prefix, stored=stored)
        if rule_set.watch is not None:
            offer(self.main, "kind", KINDS_OF_WATCH)
        self.also = [
            AlsoForm(data, prefix=f"{prefix}-also-{place}", stored=condition)
            for place, condition in enumerate([*stored.also, *[None] * MOST_ALSO][:MOST_ALSO])
        ]

    @staticmethod
    def prefix_of(rule_set: RuleSet, rule: Rule | None) -> str:
        """Return what the names of all fields begin with: a page has many of these forms."""
        return f"rule-{rule.pk}" if rule else f"new-{rule_set.key}"

    @property
    def clauses(self) -> list[ClauseForm]:
        """The first clause and, unless its kind stands alone, those after 'and'."""
        kind = self.main.kind_asked
        return [self.main] if kind is not None and kind.spec.is_alone else [self.main, *self.also]

    def is_valid(self) -> bool:
        return super().is_valid() and all(clause.is_valid() for clause in self.clauses)

    @property
    def has_more(self) -> bool:
        """Whether a field behind 'more' is filled in: an urgent rule, or a condition after
        'and'."""
        return bool(self["is_urgent"].value()) or any(
            clause["kind"].value() for clause in self.also
        )

    @property
    def faults(self) -> list[str]:
        """All errors in the order of the sentence."""
        parts = (*self.clauses, self)
        return [
            str(message) for form in parts for errors in form.errors.values() for message in errors
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if all(clause.is_valid() for clause in self.clauses):
            of = self.rule_set
            try:
                check_rule(self.condition, of.watchlist, of.watch, present=of.rules, rule=self.rule)
            except RuleError as error:
                self.refuse(error)
        return cleaned

    def refuse(self, error: RuleError) -> None:
        """Show each fault at its clause."""
        filled = [clause for clause in self.clauses if clause.condition is not None]
        for message, field, place, _most in error.faults:
            if field:
                filled[place].add_error(field, str(message))
            else:
                self.add_error(None, str(message))

    @property
    def condition(self) -> Condition:
        """The condition of a form whose clauses are valid."""
        first, *others = [
            clause.condition for clause in self.clauses if clause.condition is not None
        ]
        return Condition(first.kind, first.threshold, first.days, tuple(others))

    @property
    def terms(self) -> Terms:
        """The rule of a valid form."""
        chosen = self.cleaned_data["cooldown"]
        cooldown = self.begin.cooldown if chosen is None else timedelta(seconds=chosen)
        return Terms(self.condition, cooldown, self.cleaned_data["is_urgent"])
