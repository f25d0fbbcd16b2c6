"""What people ask for: watchlists, who may see them, the products on them and the rules that make alerts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from monitor.models.catalog import Product, Shop
from monitor.rules import UNITS, Condition, Kind, Memory, Never, Unit, why_never

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from monitor.models.users import User

SHORTEST_INTERVAL = timedelta(minutes=1)
DEFAULT_INTERVAL = timedelta(hours=1)
#: The intervals that pages offer to choose from.
USUAL_INTERVALS = [timedelta(minutes=minutes) for minutes in (5, 10, 30, 60, 120, 360, 720, 1440)]
LONGEST_INTERVAL = timedelta(days=30)
INTERVAL_VALIDATORS = [
    MinValueValidator(SHORTEST_INTERVAL, _("The shortest interval is one minute.")),
    MaxValueValidator(LONGEST_INTERVAL, _("The longest interval is 30 days.")),
]

#: How long a deleted list can be brought back.
KEPT_FOR = timedelta(days=30)

#: Under headings, for lists to choose from.
KIND_CHOICES = [
    (
        _("Price"),
        [
            (Kind.PRICE_CHANGED.value, _("the price changes")),
            (Kind.PRICE_DROPPED.value, _("the price drops by at least")),
            (Kind.PRICE_FELL_BY.value, _("the price drops by at least")),
            (Kind.PRICE_ROSE.value, _("the price rises by at least")),
            (Kind.PRICE_ROSE_BY.value, _("the price rises by at least")),
            (Kind.PRICE_MOVED.value, _("the price moves by at least")),
            (Kind.PRICE_BELOW.value, _("the price falls below")),
            (Kind.PRICE_ABOVE.value, _("the price rises above")),
            (Kind.LIST_PRICE_CHANGED.value, _("the list price changes")),
            (Kind.SKU_RANGE_CHANGED.value, _("the range of SKU prices changes")),
        ],
    ),
    (
        _("Status"),
        [
            (Kind.STATUS_CHANGED.value, _("the status changes")),
            (Kind.LEFT_SHELF.value, _("it is no longer on sale")),
            (Kind.CAME_BACK.value, _("it comes back on sale")),
            (Kind.BANNED.value, _("it is banned")),
            (Kind.GONE.value, _("it is deleted or not found")),
        ],
    ),
    (
        _("What its page says"),
        [
            (Kind.TITLE_CHANGED.value, _("the title changes")),
            (Kind.IMAGES_CHANGED.value, _("the images change")),
            (Kind.SPECIFICATION_CHANGED.value, _("the specification or the attributes change")),
            (Kind.FREIGHT_CHANGED.value, _("the freight changes")),
            (Kind.PROMISES_CHANGED.value, _("the service promises change")),
        ],
    ),
    (
        _("Shop"),
        [
            (Kind.SHOP_SCORE_FELL.value, _("a shop score falls by at least")),
            (Kind.SHOP_SCORE_BELOW.value, _("a shop score falls below")),
            (Kind.SHOP_BELOW_AVERAGE.value, _("a shop score turns below average")),
        ],
    ),
]
NEVER_WORDS = {
    Never.NOTHING_LEFT: _("A price never drops by 100 %: what is left would cost nothing."),
    Never.LOWEST_PRICE: _("No price is below ¥0.01."),
    Never.WHOLE_SCALE: _("A score cannot fall by more points than there are."),
    Never.EVERY_SCORE: _("No score is that high: all would be below."),
}
#: The rules of a new watchlist.
DEFAULT_RULES = (
    Condition(Kind.PRICE_CHANGED),
    Condition(Kind.STATUS_CHANGED),
    Condition(Kind.SHOP_SCORE_FELL, 1),
)


class Priority(models.IntegerChoices):
    """Whose checks come first when there are not enough calls for all."""

    LOW = 1, _("low")
    NORMAL = 2, _("normal")
    HIGH = 3, _("high")


class WatchlistQuerySet(models.QuerySet["Watchlist"]):
    def for_user(self, user: User | AnonymousUser) -> Self:
        """The lists that `user` owns or is a member of. Every page reaches its objects through this."""
        return self.kept().filter(
            models.Q(owner_id=user.pk)
            | models.Q(pk__in=Membership.objects.filter(user_id=user.pk or 0).values("watchlist_id"))
        )

    def editable_by(self, user: User | AnonymousUser) -> Self:
        """The lists on which `user` may change something."""
        editing = Membership.objects.filter(user_id=user.pk or 0, role=Membership.Role.EDITOR)
        return self.kept().filter(models.Q(owner_id=user.pk) | models.Q(pk__in=editing.values("watchlist_id")))

    def kept(self) -> Self:
        """The lists that nobody has deleted."""
        return self.filter(deleted_at__isnull=True)

    def restorable_by(self, user: User, now: datetime) -> Self:
        """The lists that `user` has deleted and can bring back, the latest first."""
        return self.filter(owner=user, deleted_at__gt=now - KEPT_FOR).order_by("-deleted_at", "pk")

    def to_purge(self, now: datetime) -> Self:
        """The lists that were deleted too long ago to be brought back."""
        return self.filter(deleted_at__lte=now - KEPT_FOR).order_by("pk")


class Watchlist(models.Model):
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="watchlists", verbose_name=_("owner")
    )
    name = models.CharField(_("name"), max_length=100)
    interval = models.DurationField(
        _("interval"),
        default=DEFAULT_INTERVAL,
        validators=INTERVAL_VALIDATORS,
        help_text=_("How often each product is checked. Each check is a paid call."),
    )
    is_paused = models.BooleanField(
        _("paused"), default=False, help_text=_("Products that only paused lists watch are not checked.")
    )
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority.choices, default=Priority.NORMAL)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    #: A deleted list rests, and can be brought back, until it is purged.
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True, editable=False)

    objects = WatchlistQuerySet.as_manager()

    class Meta:
        verbose_name = _("watchlist")
        verbose_name_plural = _("watchlists")
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"],
                condition=models.Q(deleted_at__isnull=True),
                name="watchlist_name_unique",
                violation_error_message=_("This owner has a watchlist of that name already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def purged_at(self) -> datetime | None:
        """When a deleted list goes for good."""
        return self.deleted_at and self.deleted_at + KEPT_FOR


class Membership(models.Model):
    class Role(models.TextChoices):
        VIEWER = "viewer", _("may view")
        EDITOR = "editor", _("may edit")

    watchlist = models.ForeignKey(Watchlist, models.CASCADE, related_name="memberships", verbose_name=_("watchlist"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships", verbose_name=_("user")
    )
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, default=Role.VIEWER)

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [models.UniqueConstraint(fields=["watchlist", "user"], name="membership_unique")]

    def __str__(self) -> str:
        return f"{self.user} – {self.watchlist}"


class WatchQuerySet(models.QuerySet["Watch"]):
    def active(self) -> Self:
        """Watches that ask for checks and alerts."""
        return self.filter(is_paused=False, watchlist__is_paused=False, watchlist__deleted_at__isnull=True)

    def for_user(self, user: User | AnonymousUser) -> Self:
        return self.filter(watchlist__in=Watchlist.objects.for_user(user))

    def looked_up_for(self, user: User | AnonymousUser) -> Self:
        """As `for_user`, where it is asked of thousands of products, one by one, whether they are watched.

        PostgreSQL finds the lists once, and not again for each watch.
        """
        if connection.vendor != "postgresql":
            return self.for_user(user)
        return self.filter(_OneOf("watchlist", Watchlist.objects.for_user(user).values("pk")))


class _OneOf(models.Func):
    """Whether a column has one of the values of a query, which is made once."""

    template = "(%(expressions)s))"
    arg_joiner = " = ANY(ARRAY"
    output_field = models.BooleanField()


class Watch(models.Model):
    """One product on one watchlist."""

    watchlist = models.ForeignKey(Watchlist, models.CASCADE, related_name="watches", verbose_name=_("watchlist"))
    # Its index is `watch_of_product`.
    product = models.ForeignKey(
        Product, models.CASCADE, db_index=False, related_name="watches", verbose_name=_("product")
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    is_paused = models.BooleanField(_("paused"), default=False)
    interval = models.DurationField(
        _("interval"),
        null=True,
        blank=True,
        validators=INTERVAL_VALIDATORS,
        help_text=_("Instead of the watchlist's, for this product alone."),
    )
    priority = models.PositiveSmallIntegerField(
        _("priority"),
        choices=Priority.choices,
        null=True,
        blank=True,
        help_text=_("Instead of the watchlist's, for this product alone."),
    )
    created_at = models.DateTimeField(_("added"), auto_now_add=True)

    objects = WatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("watch")
        verbose_name_plural = _("watches")
        constraints = [
            models.UniqueConstraint(
                fields=["watchlist", "product"],
                name="watch_unique",
                violation_error_message=_("This product is on the watchlist already."),
            )
        ]
        indexes: ClassVar = [
            # For the pages that count how many products rest, and how often the others are checked.
            models.Index(fields=["watchlist", "is_paused", "interval"], name="watch_paces"),
            # Who watches a product, told by the index alone.
            models.Index(fields=["product", "watchlist"], name="watch_of_product"),
        ]

    def __str__(self) -> str:
        return f"{self.product} – {self.watchlist}"


class Rule(models.Model):
    """A condition that makes alerts: for a whole watchlist, or for one watch, whose own rules replace the list's."""

    watchlist = models.ForeignKey(Watchlist, models.CASCADE, related_name="rules", verbose_name=_("watchlist"))
    watch = models.ForeignKey(
        Watch,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="rules",
        verbose_name=_("watch"),
        help_text=_("Empty for all products of the list that have no rules of their own."),
    )
    kind = models.CharField(_("when"), max_length=30, choices=KIND_CHOICES)
    threshold = models.PositiveBigIntegerField(
        _("threshold"),
        null=True,
        blank=True,
        help_text=_("Percent × 100, fen, or points × 100, as the kind of rule counts."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    is_urgent = models.BooleanField(
        _("urgent"), default=False, help_text=_("Its alerts are mailed at once, also in quiet hours.")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

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

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.threshold_display}".strip()

    def clean(self) -> None:
        """A threshold where the kind needs one, none where it doesn't, and a watch of the same list."""
        super().clean()
        if self.watch is not None and self.watch.watchlist_id != self.watchlist_id:
            raise ValidationError({"watch": _("This watch is on another watchlist.")})
        unit = UNITS.get(Kind(self.kind)) if self.kind in Kind else None
        if unit is Unit.NONE and self.threshold is not None:
            raise ValidationError({"threshold": _("This kind of rule has no threshold: leave it empty.")})
        if unit not in (None, Unit.NONE) and not self.threshold:
            raise ValidationError({"threshold": _("This kind of rule needs a threshold above zero.")})
        if unit is not None and (never := why_never(self.condition)):
            raise ValidationError({"threshold": NEVER_WORDS[never]})

    @property
    def condition(self) -> Condition:
        return Condition(Kind(self.kind), self.threshold)

    @property
    def threshold_display(self) -> str:
        """The threshold as people write it: `10 %`, `¥72.00`, `0.05`."""
        if self.threshold is None:
            return ""
        whole, hundredths = divmod(self.threshold, 100)
        match UNITS[Kind(self.kind)]:
            case Unit.PERCENT:
                return f"{whole} %" if not hundredths else f"{whole}.{hundredths:02d} %"
            case Unit.FEN:
                return f"¥{whole}.{hundredths:02d}"
            case Unit.SCORE:
                return f"{whole}.{hundredths:02d}"
        return ""


class RuleMemory(models.Model):
    """What a rule remembers of one product or one shop between two changes: see `monitor.rules.Memory`."""

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="memories")
    product = models.ForeignKey(Product, models.CASCADE, null=True, related_name="+")
    shop = models.ForeignKey(Shop, models.CASCADE, null=True, related_name="+")
    memory = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule", "product"], name="rule_memory_of_product_unique"),
            models.UniqueConstraint(fields=["rule", "shop"], name="rule_memory_of_shop_unique"),
            models.CheckConstraint(
                condition=models.Q(product__isnull=False, shop__isnull=True)
                | models.Q(product__isnull=True, shop__isnull=False),
                name="rule_memory_of_a_product_or_a_shop",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.product_id or self.shop_id}"

    @staticmethod
    def load(stored: dict[str, Any] | None) -> Memory:
        """The memory that `dump` stored; an empty one where nothing was."""
        return Memory(stored["references"], stored["met"]) if stored else Memory()

    @staticmethod
    def dump(memory: Memory) -> dict[str, Any]:
        return {"references": dict(memory.references), "met": memory.met}
