"""Rules: conditions that make alerts, for a whole watchlist or for one watch; and their
memories."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from monitor.judging.rules.conditions import MOST_DAYS, Condition
from monitor.judging.rules.judging import Cooldown, Gathered, GatheredFiring, Memory
from monitor.judging.rules.kinds import Kind
from monitor.models.catalog import Product, Shop
from monitor.models.fields import exactly_one_of
from monitor.models.pairings import Pairing
from monitor.models.watchlists import Watch, Watchlist
from monitor.text.rule_words import cooldown_in_words, in_words, kind_choices

#: The rules of a new watchlist.
DEFAULT_RULES = (
    Condition(Kind.PRICE_DROPPED, 500),
    Condition(Kind.PRICE_ROSE, 1000),
    Condition(Kind.LEFT_SHELF),
    Condition(Kind.SHOP_SCORE_SLIPPED),
)
#: Default rules, of this version and of earlier ones: no user has chosen them.
UNCHOSEN_RULES = (
    *DEFAULT_RULES,
    Condition(Kind.PRICE_CHANGED),
    Condition(Kind.STATUS_CHANGED),
    Condition(Kind.SHOP_SCORE_FELL, 1),
)
#: The cool-down of the default rules, and what pages propose.
USUAL_COOLDOWN = timedelta(hours=1)
LONGEST_COOLDOWN = timedelta(days=30)


class RuleQuerySet(models.QuerySet["Rule"]):
    def replacing(self) -> Self:
        """Return active rules that replace a list's: a watch's own, but not its target price."""
        return self.filter(watch__isnull=False, is_active=True, is_target=False)

    def with_waits(self) -> Self:
        """Load what `Rule.waits` needs: whether a product that the rule applies to has rivals."""
        of_rule = Coalesce(models.OuterRef("watch_id"), models.F("watch_id"))
        pairings = Pairing.objects.filter(
            watch__watchlist=models.OuterRef("watchlist"), watch=of_rule
        )
        return self.annotate(has_rivals=models.Exists(pairings))


class Rule(models.Model):
    """A condition that makes alerts, for a whole watchlist or for one watch.

    A watch's own rules replace the list's; a target price replaces none.
    """

    watchlist = models.ForeignKey(
        Watchlist, models.CASCADE, related_name="rules", verbose_name=_("watchlist")
    )
    watch = models.ForeignKey(
        Watch,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="rules",
        verbose_name=_("watched product"),
        help_text=_("Empty: products without rules of their own."),
    )
    kind = models.CharField(_("when"), max_length=30, choices=kind_choices)
    threshold = models.PositiveBigIntegerField(
        _("threshold"),
        null=True,
        blank=True,
        help_text=_(
            "Percent × 100, fen, points × 100, units or hours, as the kind of rule counts."
        ),
    )
    days = models.PositiveSmallIntegerField(
        _("days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_DAYS)],
        help_text=_("How many days the rule looks back."),
    )
    #: Further conditions that must hold too, as `condition_as_json` writes them.
    also = models.JSONField(_("and"), default=list, blank=True, editable=False)
    cooldown = models.DurationField(
        _("minimum time between alerts"),
        default=timedelta(0),
        validators=[MinValueValidator(timedelta(0)), MaxValueValidator(LONGEST_COOLDOWN)],
        help_text=_("Alerts within this time are combined into one."),
    )
    #: The target price of a watch, at most one: judged beside the rules of the list or of the
    #: watch, whichever apply.
    is_target = models.BooleanField(
        _("target price"), default=False, db_default=False, editable=False
    )
    is_active = models.BooleanField(_("active"), default=True)
    is_urgent = models.BooleanField(
        _("urgent"), default=False, help_text=_("Mailed immediately, even in quiet hours.")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    #: When it last alerted about products without successful checks; then its cool-down begins.
    silence_told_at = models.DateTimeField(null=True, editable=False)

    #: Set by `with_waits`.
    has_rivals = True

    objects = RuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(threshold__isnull=True) | models.Q(threshold__gt=0),
                name="rule_threshold_positive",
                violation_error_message=_("The threshold must be above zero."),
            )
        ]
        indexes: ClassVar = [
            # `pairs_of` finds a list's few rules among those of its products.
            models.Index(
                fields=["watchlist"], name="rule_of_list", condition=models.Q(watch__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return in_words(self.condition)

    def clean(self) -> None:
        """Check that the watch is of the same list. What a rule may be: see
        `monitor.watching.rules`."""
        super().clean()
        if self.watch is not None and self.watch.watchlist_id != self.watchlist_id:
            raise ValidationError({"watch": _("This product is on another watchlist.")})

    @property
    def condition(self) -> Condition:
        also = tuple(map(condition_from_json, self.also))
        return Condition(Kind(self.kind), self.threshold, self.days, also)

    @condition.setter
    def condition(self, condition: Condition) -> None:
        self.kind, self.threshold, self.days = (
            condition.kind.value,
            condition.threshold,
            condition.days,
        )
        self.also = list(map(condition_as_json, condition.also))

    @property
    def replaces(self) -> bool:
        """As `RuleQuerySet.replacing`."""
        return self.watch_id is not None and self.is_active and not self.is_target

    @property
    def waits(self) -> str:
        """Why it cannot fire at present, or ''. Needs `with_waits`."""
        is_waiting = self.condition.spec.among_rivals and not self.has_rivals
        return gettext("Waiting: no product here has rivals yet.") if is_waiting else ""

    @property
    def cooldown_words(self) -> str:
        """How often it alerts at most; '' without a cool-down."""
        return cooldown_in_words(self.cooldown) if self.cooldown else ""

    @property
    def has_usual_cooldown(self) -> bool:
        return self.cooldown == USUAL_COOLDOWN


def follows_list() -> models.Q:
    """Select watches to which their list's rules apply."""
    return models.Q(~models.Exists(Rule.objects.replacing().filter(watch=models.OuterRef("pk"))))


def condition_as_json(condition: Condition) -> dict[str, Any]:
    """Return a condition in its stored form, which `condition_from_json` reads."""
    stored = {"threshold": condition.threshold, "days": condition.days}
    return {
        "kind": condition.kind.value,
        **{name: value for name, value in stored.items() if value is not None},
        **({"also": list(map(condition_as_json, condition.also))} if condition.also else {}),
    }


def condition_from_json(stored: Mapping[str, Any]) -> Condition:
    """Read a stored condition. Raises `KeyError` or `ValueError` for anything else, such as an
    unknown kind."""
    also = tuple(map(condition_from_json, stored.get("also", ())))
    return Condition(Kind(stored["kind"]), stored.get("threshold"), stored.get("days"), also)


class RuleMemory(models.Model):
    """A rule's memory of one product or one shop between two changes: see
    `monitor.judging.rules.conditions.Memory`."""

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="memories")
    product = models.ForeignKey(Product, models.CASCADE, null=True, related_name="+")
    shop = models.ForeignKey(Shop, models.CASCADE, null=True, related_name="+")
    memory = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "product"], name="rule_memory_of_product_unique"
            ),
            models.UniqueConstraint(fields=["rule", "shop"], name="rule_memory_of_shop_unique"),
            exactly_one_of("product", "shop", name="rule_memory_of_a_product_or_a_shop"),
        ]

    @staticmethod
    def load(stored: dict[str, Any] | None) -> Memory:
        """Return the inverse of `dump`; an empty memory for None."""
        if not stored:
            return Memory()
        rest, read = None, datetime.fromisoformat
        if "rest" in stored:
            until, gathered = stored["rest"]
            firings = {
                name: Gathered(
                    times,
                    read(at),
                    tuple(GatheredFiring(read(at), value) for at, value in moments),
                    *first,
                )
                for name, (times, at, moments, *first) in gathered.items()
            }
            rest = Cooldown(read(until), firings)
        return Memory(stored["references"], stored["met"], rest)

    @staticmethod
    def dump(memory: Memory) -> dict[str, Any]:
        stored: dict[str, Any] = {"references": dict(memory.references), "met": memory.met}
        if memory.rest is not None:
            gathered = {
                name: [
                    times,
                    began_at.isoformat(),
                    [[at.isoformat(), value] for at, value in moments],
                    reference,
                ]
                for name, (times, began_at, moments, reference) in memory.rest.gathered.items()
            }
            stored["rest"] = [memory.rest.until.isoformat(), gathered]
        return stored
