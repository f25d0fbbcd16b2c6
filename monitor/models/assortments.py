"""What followed shops sell: their assortments, read page by page, and who follows them."""

from datetime import timedelta
from typing import ClassVar, Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from monitor.judging.schedule.limits import Limits
from monitor.models.catalog import Product, Shop
from monitor.models.polled import Polled, PolledQuerySet
from monitor.models.users import User
from monitor.models.watchlists import LONGEST_INTERVAL, Watch, Watchlist

#: A reading costs a call a page, so no shop is read more often.
SHORTEST_READING = timedelta(hours=1)
DEFAULT_READING = timedelta(days=1)
#: Choices on pages.
USUAL_READINGS = [timedelta(hours=hours) for hours in (6, 12, 24, 72, 168)]
#: What a first reading is expected to take, in calls.
PAGES_EXPECTED = 5
#: No reading has more: 1,000 products. A merchant has a tenth of the day's calls, usually 1,100: a
#: dozen shops so long, read daily, are half of these.
MOST_PAGES = 50
#: The columns of `Follow` that say which products join its list.
ADDING = ("adds", "words", "lowest", "highest", "most")
#: How many products of a shop join a list by themselves, unless the user says otherwise, and the
#: most they may say.
MOST_ADDED, MOST_EVER_ADDED = 20, 500


class AssortmentQuerySet(PolledQuerySet["Assortment"]):
    def in_slots(self) -> Self:
        """Return shops whose first reading waits on a user's allowance, page by page, as first
        checks of products."""
        return self.filter(
            asked_by__isnull=False, asked_at__isnull=True, next_check_at__isnull=False
        )


class Assortment(Polled):
    """A followed shop's assortment, and the reading of it that is under way: one billed call a
    page.

    `checked_at` and `answered_at` are of the last call, `last_outcome` and `failing_since` too.
    """

    shop = models.OneToOneField(
        Shop,
        models.CASCADE,
        primary_key=True,
        related_name="assortment",
        verbose_name=_("shop"),
        editable=False,
    )
    #: The data time of the last reading that came to its end, and the calls that it took.
    read_at = models.DateTimeField(_("last read"), null=True, editable=False)
    pages = models.PositiveIntegerField(_("pages"), null=True, editable=False)
    #: The reading under way, else the last one, counted from 1; when it began, its next page, its
    #: oldest data time.
    reading = models.PositiveIntegerField(default=0, editable=False)
    began_at = models.DateTimeField(null=True, editable=False)
    next_page = models.PositiveIntegerField(default=1, editable=False)
    data_time = models.DateTimeField(null=True, editable=False)
    #: Whether every page of it was whole.
    is_whole = models.BooleanField(default=True, editable=False)
    #: How many readings nearly agreed with the one before, up to four; and the data time of the
    #: last that counted.
    bases = models.PositiveSmallIntegerField(default=0, editable=False)
    counted_at = models.DateTimeField(null=True, editable=False)
    #: The sum of its products' estimates, in fen a day, as it was last told.
    revenue = models.BigIntegerField(_("revenue a day"), null=True, editable=False)

    objects = AssortmentQuerySet.as_manager()

    class Meta:
        # The name from before "assortment" was the word.
        db_table = "monitor_shoprange"
        verbose_name = _("range of a followed shop")
        verbose_name_plural = _("ranges of followed shops")
        indexes: ClassVar = [
            models.Index(
                fields=["next_check_at"],
                name="range_due",
                condition=models.Q(next_check_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.shop)

    @property
    def limits(self) -> Limits | None:
        """The combined wishes of its followers; None without followers."""
        return None if self.interval is None else Limits(self.interval, weight=self.weight)

    @property
    def is_beyond(self) -> bool:
        """Whether it has more products than are read."""
        return self.calls >= MOST_PAGES

    @property
    def is_in_slots(self) -> bool:
        """Whether it is one of `in_slots`."""
        return bool(self.asked_by_id and self.next_check_at and not self.asked_at)

    def followers(self) -> list[int]:
        """Return the keys of the owners of the lists for which it is read. One query."""
        owners = Follow.objects.active().filter(shop=self.pk).order_by("watchlist__owner")
        return list(owners.values_list("watchlist__owner", flat=True).distinct())

    @property
    def calls(self) -> int:
        """The calls that a reading takes: known from the last one, else expected."""
        return self.pages or PAGES_EXPECTED


class AssortmentEntry(models.Model):
    """A product that readings of a shop list, coarser than a check of its own. In the assortment
    while `left_at` is NULL."""

    shop = models.ForeignKey(
        Shop,
        models.CASCADE,
        db_index=False,
        related_name="assortment_entries",
        verbose_name=_("shop"),
    )
    product = models.ForeignKey(
        Product, models.CASCADE, related_name="assortment_entries", verbose_name=_("product")
    )
    #: The data time of the reading that made it news; NULL if it was there when the shop was first
    #: read.
    appeared_at = models.DateTimeField(_("appeared"), null=True)
    #: Not NULL while it waits for a reading that counts: the data time of the last one that lacked
    #: it. It is not in the assortment yet, so `left_at` is set, too.
    lacked_at = models.DateTimeField(null=True)
    #: The data time and the number of the last reading that listed it, and how many whole readings
    #: since then did not.
    listed_at = models.DateTimeField(_("last listed"))
    reading = models.PositiveIntegerField()
    missed = models.PositiveSmallIntegerField(default=0)
    #: The data time of the first of these.
    missing_since = models.DateTimeField(null=True)
    left_at = models.DateTimeField(_("left"), null=True)
    price = models.BigIntegerField(_("price"), null=True)
    sales = models.BigIntegerField(_("sales"), null=True)
    #: Among the shop's ten best sellers at the last reading.
    is_best = models.BooleanField(default=False)
    #: What it sells a day was known at the last reading.
    is_known = models.BooleanField(default=False)

    class Meta:
        # The version before has a table of the model's usual name, with one shop a product.
        db_table = "monitor_range_entry"
        constraints = [
            models.UniqueConstraint(fields=["shop", "product"], name="range_entry_unique")
        ]
        indexes: ClassVar = [
            models.Index(fields=["shop", "left_at", "reading"], name="range_entry_listed"),
        ]

    def __str__(self) -> str:
        return str(self.product_id)


class FollowQuerySet(models.QuerySet["Follow"]):
    def active(self) -> Self:
        """Return follows that cause readings and alerts."""
        return self.filter(watchlist__is_paused=False, watchlist__deleted_at__isnull=True)

    def for_user(self, user: User) -> Self:
        return self.filter(watchlist__in=Watchlist.objects.for_user(user))

    def with_added(self) -> Self:
        """Annotate how many products of the shop are `on_list`, as far as `Follow.most` counts
        them."""
        watches = Watch.objects.filter(
            watchlist=models.OuterRef("watchlist"), product__shop=models.OuterRef("shop")
        )
        counts = watches.order_by().values("watchlist").annotate(n=models.Count("pk")).values("n")
        return self.annotate(on_list=Coalesce(models.Subquery(counts), 0))

    def to_match(self) -> Self:
        """Return active follows that add products, whose shop has been read since they last did."""
        is_new = models.Q(matched_at=None) | models.Q(
            matched_at__lt=models.F("shop__assortment__read_at")
        )
        return (
            self.active()
            .exclude(adds=Adding.NONE)
            .filter(is_new, shop__assortment__read_at__isnull=False)
        )


class Adding(models.TextChoices):
    """Which products of a followed shop join the watchlist by themselves."""

    NONE = "", _("nothing")
    ALL = "all", _("all")
    NEW = "new", _("new ones")
    BEST = "best", _("best sellers")


class Follow(models.Model):
    """A shop that a watchlist follows: its rules judge the shop's assortment, and products that
    match join it."""

    watchlist = models.ForeignKey(
        Watchlist, models.CASCADE, related_name="follows", verbose_name=_("watchlist")
    )
    shop = models.ForeignKey(Shop, models.CASCADE, related_name="follows", verbose_name=_("shop"))
    interval = models.DurationField(
        _("read every"),
        default=DEFAULT_READING,
        validators=[
            MinValueValidator(SHORTEST_READING, _("A shop is read once an hour at most.")),
            MaxValueValidator(LONGEST_INTERVAL, _("The longest interval is 30 days.")),
        ],
    )
    #: A product joins if its title has all the words and its price (in fen) is within the bounds,
    #: until the list has `most` products of the shop.
    adds = models.CharField(
        _("add by itself"), max_length=10, choices=Adding.choices, blank=True, default=Adding.NONE
    )
    words = models.CharField(_("words in the title"), max_length=100, blank=True)
    lowest = models.PositiveBigIntegerField(_("price from"), null=True, blank=True)
    highest = models.PositiveBigIntegerField(_("price to"), null=True, blank=True)
    most = models.PositiveSmallIntegerField(
        _("at most"),
        default=MOST_ADDED,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_EVER_ADDED)],
    )
    #: The data time of the last reading that was searched for products to add: each is considered
    #: once.
    matched_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("added"), auto_now_add=True)

    objects = FollowQuerySet.as_manager()

    class Meta:
        verbose_name = _("followed shop")
        verbose_name_plural = _("followed shops")
        constraints = [
            models.UniqueConstraint(
                fields=["watchlist", "shop"],
                name="follow_unique",
                violation_error_message=_("The watchlist follows this shop already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shop} – {self.watchlist}"

    def clean(self) -> None:
        if self.lowest is not None and self.highest is not None and self.lowest > self.highest:
            raise ValidationError({"highest": _("It is below the lowest price.")})
