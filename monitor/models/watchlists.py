"""Watchlists, who may see them, and the products on them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connection, models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from monitor.models.catalog import Product, ProductQuerySet
from monitor.models.names import name_key, refuse_web_addresses
from monitor.models.users import User
from monitor.provider.limits import LONGEST_NOTE, LONGEST_TAG
from monitor.text import formatting

SHORTEST_INTERVAL = timedelta(minutes=1)
DEFAULT_INTERVAL = timedelta(days=1)
#: Choices on pages.
USUAL_INTERVALS = [
    timedelta(minutes=minutes) for minutes in (5, 10, 30, 60, 120, 360, 720, 1440, 4320, 10080)
]
LONGEST_INTERVAL = timedelta(days=30)
INTERVAL_VALIDATORS = [
    MinValueValidator(SHORTEST_INTERVAL, _("The shortest interval is one minute.")),
    MaxValueValidator(LONGEST_INTERVAL, _("The longest interval is 30 days.")),
]

#: The shortest interval of products that are checked as often as they change.
DEFAULT_SOONEST = timedelta(minutes=5)
USUAL_SOONEST = [timedelta(minutes=minutes) for minutes in (1, 5, 10, 30, 60, 120, 360)]

#: How long a deleted list can be restored.
KEPT_FOR = timedelta(days=30)


class Priority(models.IntegerChoices):
    """Which checks come first if the calls are not enough for all."""

    LOW = 1, _("low")
    NORMAL = 2, _("normal")
    HIGH = 3, _("high")

    @property
    def weight(self) -> float:
        """The worth of finding a change early: high is checked twice as often as normal, low half
        as often."""
        return 4.0 ** (self - Priority.NORMAL)


class Pace(models.TextChoices):
    """How the products of a list are checked."""

    ADAPTIVE = "adaptive", _("Smart")
    FIXED = "fixed", _("Fixed")


INSTEAD_OF_LIST = _("For this product only.")


class WatchlistQuerySet(models.QuerySet["Watchlist"]):
    def for_user(self, user: User) -> Self:
        """Return lists that `user` owns or is a member of. Every page reaches its objects through
        this."""
        shared = Membership.objects.filter(user_id=user.pk)
        return self.kept().filter(
            models.Q(owner_id=user.pk) | models.Q(pk__in=shared.values("watchlist_id"))
        )

    def editable_by(self, user: User) -> Self:
        """Return lists that `user` may change."""
        editing = Membership.objects.filter(user_id=user.pk, role=Membership.Role.EDITOR)
        return self.kept().filter(
            models.Q(owner_id=user.pk) | models.Q(pk__in=editing.values("watchlist_id"))
        )

    def showing_costs_to(self, user: User) -> Self:
        """Return lists of which `user` may see costs, wanted profits and notes: the owner and
        editors do, others if the owner says so."""
        shown = models.Q(role=Membership.Role.EDITOR) | models.Q(watchlist__shows_costs=True)
        members = Membership.objects.filter(shown, user_id=user.pk)
        return self.filter(
            models.Q(owner_id=user.pk) | models.Q(pk__in=members.values("watchlist_id"))
        )

    def kept(self) -> Self:
        """Return lists that are not deleted."""
        return self.filter(deleted_at__isnull=True)

    def name_keys(self) -> set[str]:
        """Return the names as `name_key` compares them. One query."""
        return set(map(name_key, self.values_list("name", flat=True)))

    def restorable_by(self, user: User, now: datetime) -> Self:
        """Deleted lists that `user` can restore, the latest first."""
        return self.filter(owner=user, deleted_at__gt=now - KEPT_FOR).order_by("-deleted_at", "pk")

    def to_purge(self, now: datetime) -> Self:
        """Return lists that were deleted too long ago to be restored."""
        return self.filter(deleted_at__lte=now - KEPT_FOR).order_by("pk")


def refuse_contradictions(
    settings: Watchlist | Watch, pace: str, interval: timedelta | None
) -> None:
    """Raise `ValidationError`, by field, if the settings of a list or a watch contradict each
    other.

    `pace` and `interval` are its own, or those that it inherits.
    """
    if pace == Pace.ADAPTIVE and settings.soonest and interval and settings.soonest > interval:
        text = gettext("The longest interval is %(interval)s: choose %(interval)s or less here.")
        raise ValidationError({"soonest": text % {"interval": formatting.duration(interval)}})


NAME_TAKEN = _("This owner has a watchlist of that name already.")


class Watchlist(models.Model):
    owner = models.ForeignKey(
        User, models.CASCADE, related_name="watchlists", verbose_name=_("owner")
    )
    name = models.CharField(_("name"), max_length=100, validators=[refuse_web_addresses])
    interval = models.DurationField(
        _("interval"),
        default=DEFAULT_INTERVAL,
        validators=INTERVAL_VALIDATORS,
        help_text=_("Each check is a paid call."),
    )
    pace = models.CharField(
        _("pace"),
        max_length=10,
        choices=Pace.choices,
        default=Pace.ADAPTIVE,
        help_text=_("Smart: products that change often are checked more often."),
    )
    soonest = models.DurationField(
        _("at most every"),
        default=DEFAULT_SOONEST,
        validators=INTERVAL_VALIDATORS,
        help_text=_("No product is checked more often than this."),
    )
    is_paused = models.BooleanField(
        _("paused"), default=False, help_text=_("A paused watchlist causes no checks.")
    )
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority.choices, default=Priority.NORMAL
    )
    shows_costs = models.BooleanField(
        _("viewers see costs and notes"), default=False, db_default=False
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    #: A deleted list makes no checks or alerts, and can be restored until it is purged.
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
                violation_error_message=NAME_TAKEN,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Refuse also a name that shows nothing, or looks like that of another list of the
        owner."""
        super().clean_fields(exclude)
        if "name" in (exclude or ()):
            return
        self.name = formatting.one_line(self.name)
        others = Watchlist.objects.kept().filter(owner=self.owner_id).exclude(pk=self.pk)
        if not name_key(self.name):
            raise ValidationError({"name": _("Enter a name.")})
        if self.deleted_at is None and name_key(self.name) in others.name_keys():
            raise ValidationError({"name": NAME_TAKEN})

    def clean(self) -> None:
        refuse_contradictions(self, self.pace, self.interval)

    @property
    def purged_at(self) -> datetime | None:
        """When a deleted list is purged."""
        return self.deleted_at and self.deleted_at + KEPT_FOR


class Membership(models.Model):
    class Role(models.TextChoices):
        VIEWER = "viewer", _("may view")
        EDITOR = "editor", _("may edit")

    watchlist = models.ForeignKey(
        Watchlist, models.CASCADE, related_name="memberships", verbose_name=_("watchlist")
    )
    user = models.ForeignKey(
        User, models.CASCADE, related_name="memberships", verbose_name=_("user")
    )
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, default=Role.VIEWER)

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            models.UniqueConstraint(fields=["watchlist", "user"], name="membership_unique")
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.watchlist}"


class WatchQuerySet(models.QuerySet["Watch"]):
    def active(self) -> Self:
        """Return watches that cause checks and alerts."""
        return self.filter(
            is_paused=False, watchlist__is_paused=False, watchlist__deleted_at__isnull=True
        )

    def locked(self) -> Self:
        """Lock these watches: another request that changes or removes one waits until the
        transaction ends."""
        return self.order_by("pk").select_for_update(no_key=True)

    def for_user(self, user: User) -> Self:
        return self.filter(watchlist__in=Watchlist.objects.for_user(user))

    def with_shown_costs(self, user: User) -> Self:
        """Annotate `shown_cost`, `shown_profit` and `shown_note`, empty where `user` may not see
        them.

        Pages, files and programs show these, and compute margins and floor prices from these.
        """
        is_shown = models.Q(watchlist__in=Watchlist.objects.showing_costs_to(user))
        return self.annotate(
            shown_cost=models.Case(models.When(is_shown, then="cost")),
            shown_profit=models.Case(models.When(is_shown, then="profit")),
            shown_note=models.Case(models.When(is_shown, then="note"), default=models.Value("")),
        )

    def seen_by(self, user: Any, product: Any) -> Self:
        """Return watches of `product` that `user` sees; both may be `OuterRef`s."""
        is_theirs = models.Q(watchlist__owner=user) | models.Q(watchlist__memberships__user=user)
        return self.filter(
            is_theirs, product=product, watchlist__deleted_at__isnull=True
        ).order_by()

    def looked_up_for(self, user: User) -> Self:
        """Return the same as `for_user`, for queries that test thousands of products.

        PostgreSQL then finds the user's lists once, instead of once for each watch.
        """
        if connection.vendor != "postgresql":
            return self.for_user(user)
        return self.filter(_EqualsAny("watchlist", Watchlist.objects.for_user(user).values("pk")))


class _EqualsAny(models.Func):
    """`column = ANY(ARRAY(query))`: PostgreSQL runs the query once."""

    template = "(%(expressions)s))"
    arg_joiner = " = ANY(ARRAY"
    output_field = models.BooleanField()


class Watch(models.Model):
    """One product on one watchlist."""

    watchlist = models.ForeignKey(
        Watchlist, models.CASCADE, related_name="watches", verbose_name=_("watchlist")
    )
    # Its index is `watch_of_product`.
    product = models.ForeignKey(
        Product, models.CASCADE, db_index=False, related_name="watches", verbose_name=_("product")
    )
    note = models.CharField(_("note"), max_length=LONGEST_NOTE, blank=True)
    is_paused = models.BooleanField(_("paused"), default=False)
    interval = models.DurationField(
        _("interval"),
        null=True,
        blank=True,
        validators=INTERVAL_VALIDATORS,
        help_text=INSTEAD_OF_LIST,
    )
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority.choices, null=True, blank=True, help_text=INSTEAD_OF_LIST
    )
    pace = models.CharField(
        _("pace"),
        max_length=10,
        choices=Pace.choices,
        blank=True,
        default="",
        db_default="",
        help_text=INSTEAD_OF_LIST,
    )
    soonest = models.DurationField(
        _("at most every"),
        null=True,
        blank=True,
        validators=INTERVAL_VALIDATORS,
        help_text=INSTEAD_OF_LIST,
    )
    #: In fen. The floor price is the cost and the wanted profit together.
    cost = models.PositiveBigIntegerField(
        _("cost"), null=True, blank=True, help_text=_("What one unit costs you.")
    )
    profit = models.PositiveBigIntegerField(
        _("wanted profit"), null=True, blank=True, help_text=_("What one unit should earn you.")
    )
    created_at = models.DateTimeField(_("added"), auto_now_add=True)

    objects = WatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("watched product")
        verbose_name_plural = _("watched products")
        constraints = [
            models.UniqueConstraint(
                fields=["watchlist", "product"],
                name="watch_unique",
                violation_error_message=_("This product is on the watchlist already."),
            ),
        ]
        indexes: ClassVar = [
            # For pages that count paused products, and the others by how often they are checked.
            models.Index(
                fields=["watchlist", "is_paused", "interval", "pace", "soonest"],
                name="watch_asked",
            ),
            # Finds the watchers of a product in the index alone.
            models.Index(fields=["product", "watchlist"], name="watch_of_product"),
            # For Today, which shows when the user added the first watch.
            models.Index(fields=["watchlist", "created_at"], name="watch_first"),
        ]

    def __str__(self) -> str:
        return f"{self.product} – {self.watchlist}"

    def clean(self) -> None:
        if self.watchlist_id is not None:
            refuse_contradictions(
                self, self.pace or self.watchlist.pace, self.interval or self.watchlist.interval
            )


class WatchTag(models.Model):
    """The users' own word for a product on a list. They filter the products table by it."""

    # The unique constraint is its index.
    watch = models.ForeignKey(
        Watch,
        models.CASCADE,
        db_index=False,
        related_name="tags",
        verbose_name=_("watched product"),
    )
    name = models.CharField(_("name"), max_length=LONGEST_TAG)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering: ClassVar = ["pk"]
        constraints = [models.UniqueConstraint(fields=["watch", "name"], name="watch_tag_unique")]
        # The products table filters by it.
        indexes: ClassVar = [models.Index(fields=["name", "watch"], name="watch_tag_name")]

    def __str__(self) -> str:
        return self.name


def all_see(
    product: str, watchlist: str = "watchlist", owner: str = "watchlist__owner"
) -> models.Case:
    """Return whether every user of a list sees a product, on this list or another: alerts of the
    list may name no other.

    The arguments are names of columns in the query. False without a product.
    """
    watches = Watch.objects.all()
    of_member = watches.seen_by(models.OuterRef("user"), models.OuterRef(models.OuterRef(product)))
    members_without = Membership.objects.filter(
        ~models.Exists(of_member), watchlist=models.OuterRef(watchlist)
    )
    of_owner = watches.seen_by(models.OuterRef(owner), models.OuterRef(product))
    return models.Case(
        models.When(**{f"{product}__isnull": True}, then=models.Value(False)),
        default=models.ExpressionWrapper(
            models.Q(models.Exists(of_owner)) & ~models.Q(models.Exists(members_without)),
            models.BooleanField(),
        ),
    )


def products_on(watchlists: Collection[int]) -> ProductQuerySet:
    """Return the products on any of these watchlists, each once."""
    watches = Watch.objects.filter(watchlist__in=watchlists)
    return Product.objects.filter(pk__in=watches.values("product"))
