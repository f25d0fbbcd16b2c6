"""Shops and products as the provider reports them: the current state, and all earlier ones."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, OrderBy, Q
from django.db.models.lookups import IsNull
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from monitor.judging.changes import (
    PRODUCT_VALUE_FIELDS,
    SHOP_STATE_FIELDS,
    Json,
    ProductState,
    ShopState,
)
from monitor.judging.doubts import Doubt
from monitor.judging.schedule.limits import Limits
from monitor.models.choices import (
    GAP_CHOICES,
    OUTCOME_CHOICES,
    PRESALE_CHOICES,
    STATUS_CHOICES,
    failure_in_words,
)
from monitor.models.clock import future_from
from monitor.models.polled import Polled, PolledQuerySet
from monitor.provider.limits import MAX_URL
from monitor.provider.observation import GONE, Status

DOUYIN = "douyin"
#: A product's ID, as a regular expression.
NUM_IID = "[0-9]{1,19}"
#: How many products that are due next are searched for those that may be checked early, and how
#: many that were last checked for checks of the future.
LOOK_AHEAD = 2000


class Scored(models.Model):
    """A shop's three scores in hundredths, each with its gap to the category's average."""

    score_scale = models.PositiveSmallIntegerField(_("scale"), null=True, editable=False)
    product_score = models.PositiveIntegerField(_("product score"), null=True, editable=False)
    logistics_score = models.PositiveIntegerField(_("logistics score"), null=True, editable=False)
    service_score = models.PositiveIntegerField(_("service score"), null=True, editable=False)
    product_gap = models.PositiveSmallIntegerField(
        _("product gap"), choices=GAP_CHOICES, null=True, editable=False
    )
    logistics_gap = models.PositiveSmallIntegerField(
        _("logistics gap"), choices=GAP_CHOICES, null=True, editable=False
    )
    service_gap = models.PositiveSmallIntegerField(
        _("service gap"), choices=GAP_CHOICES, null=True, editable=False
    )

    class Meta:
        abstract = True


class Shop(Scored):
    platform = models.CharField(_("platform"), max_length=20, default=DOUYIN)
    shop_id = models.CharField(_("shop ID"), max_length=64)
    name = models.CharField(_("name"), max_length=200, null=True)  # noqa: DJ001 - None is 'not known'
    company_name = models.CharField(_("company"), max_length=200, null=True)  # noqa: DJ001
    logo = models.CharField(_("logo"), max_length=500, blank=True)
    data_time = models.DateTimeField(_("data time"), null=True, editable=False)

    class Meta:
        verbose_name = _("shop")
        verbose_name_plural = _("shops")
        constraints = [
            models.UniqueConstraint(fields=["platform", "shop_id"], name="shop_unique"),
        ]

    def __str__(self) -> str:
        return self.name or self.shop_id

    @property
    def state(self) -> ShopState:
        return ShopState(**{name: getattr(self, name) for name in SHOP_STATE_FIELDS})


class ShopScore(Scored):
    """A shop's scores from one data time until they next differ."""

    shop = models.ForeignKey(
        Shop, models.CASCADE, related_name="score_history", verbose_name=_("shop")
    )
    data_time = models.DateTimeField(_("data time"))
    last_seen_before = models.DateTimeField(_("previous scores last seen"), null=True)

    class Meta:
        verbose_name = _("shop scores")
        verbose_name_plural = _("shop scores")
        constraints = [
            # Its index also serves a shop's history.
            models.UniqueConstraint(fields=["shop", "data_time"], name="shop_score_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.shop_id} {timezone.localtime(self.data_time):%Y-%m-%d %H:%M}"


class Described(models.Model):
    """The tracked values of a product. Prices in fen; sales as a lower bound and the step of its
    rounding."""

    title = models.CharField(_("title"), max_length=500, null=True)  # noqa: DJ001 - None is 'not known'
    price = models.BigIntegerField(_("price"), null=True)
    list_price = models.BigIntegerField(_("list price"), null=True)
    sku_min_price = models.BigIntegerField(_("lowest SKU price"), null=True)
    sku_max_price = models.BigIntegerField(_("highest SKU price"), null=True)
    sales = models.BigIntegerField(_("sales"), null=True)
    sales_step = models.BigIntegerField(_("sales rounded to"), null=True)
    status = models.CharField(_("status"), max_length=20, choices=STATUS_CHOICES, null=True)  # noqa: DJ001
    presale = models.CharField(_("presale"), max_length=20, choices=PRESALE_CHOICES, null=True)  # noqa: DJ001

    class Meta:
        abstract = True

    @property
    def is_gone(self) -> bool:
        return self.status in GONE

    @property
    def current_price(self) -> int | None:
        """In fen. None if the product is gone: then `price` is its last known one."""
        return None if self.is_gone else self.price


def is_never_found(product: str = "") -> models.Q:
    """Return the condition that the provider has never known the product's ID. `product` is a
    prefix of columns."""
    columns = {"status": Status.NOT_FOUND.value, "title__isnull": True, "price__isnull": True}
    return models.Q(**{f"{product}{name}": value for name, value in columns.items()})


class ProductQuerySet(PolledQuerySet["Product"]):
    def ahead(self, now: datetime) -> Self:
        """Watched products whose last check lies in the future, of the last checked: the clock was
        set back."""
        newest = self.watched().by_last_check().values("pk")[:LOOK_AHEAD]
        return self.filter(pk__in=newest, checked_at__gt=future_from(now)).order_by(
            "next_check_at", "pk"
        )

    def by_last_check(self) -> Self:
        """Order by the last check, the latest first. Served by the index `product_by_checked`."""
        return self.order_by(OrderBy(IsNull(F("checked_at"), True)), F("checked_at").desc(), "pk")

    def listed_by(self, shop: int, **entry: object) -> Self:
        """Return the products that the assortment of a followed shop has now, or those whose entry
        in it is as `entry` says."""
        left = {} if "left_at__isnull" in entry else {"left_at": None}
        columns = {"shop": shop, "lacked_at": None, **left, **entry}
        return self.filter(
            **{f"assortment_entries__{name}": value for name, value in columns.items()}
        )

    def matching(self, words: str, lowest: int | None, highest: int | None) -> Self:
        """Return products at these prices whose titles have all the words; a word may be the whole
        ID."""
        rows = self.between(lowest, highest)
        for word in words.split():
            rows = rows.filter(Q(title__icontains=word) | Q(num_iid=word))
        return rows

    def between(self, lowest: int | None, highest: int | None) -> Self:
        """Return products at prices within bounds, in fen; None is no bound."""
        if lowest is None and highest is None:
            return self
        rows = self.exclude(status__in=GONE)
        rows = rows if lowest is None else rows.filter(price__gte=lowest)
        return rows if highest is None else rows.filter(price__lte=highest)

    def with_word(self, word: str) -> Self:
        """Return products with `word` in their title, their shop's name or their ID, ignoring case.

        It needs no index: it reads the products of one user's lists."""
        has_word = Q(title__icontains=word) | Q(shop__name__icontains=word)
        return self.filter(has_word | Q(num_iid__contains=word))

    def watched(self) -> Self:
        """Return products with a watch that is not paused."""
        return self.filter(next_check_at__isnull=False)

    def unwatched_since(self, before: datetime) -> Self:
        """Return products on no list since then, also on no deleted list that can be restored, and
        in the assortment of no followed shop."""
        since = (
            Q(asked_since__gte=before)
            | Q(checked_at__gte=before)
            | Q(assortment_entries__listed_at__gte=before)
        )
        is_followed = Q(assortment_entries__shop__assortment__interval__isnull=False)
        return self.filter(watches=None, next_check_at=None, created_at__lt=before).exclude(
            since | is_followed
        )


class Product(Described, Polled):
    """One `num_iid` on one platform, shared by all its watchers. The columns hold the last known
    state."""

    #: The shortest interval; NULL if the interval is fixed.
    soonest = models.DurationField(null=True, editable=False)
    #: What its checks have taught, as `judging.schedule.planner.Known` dumps it, and the
    #: expected changes a day.
    knowledge = models.JSONField(null=True, editable=False)
    rate = models.FloatField(_("changes a day"), null=True, editable=False)

    platform = models.CharField(_("platform"), max_length=20, default=DOUYIN)
    num_iid = models.CharField(_("product ID"), max_length=19)
    shop = models.ForeignKey(
        Shop,
        models.SET_NULL,
        null=True,
        related_name="products",
        verbose_name=_("shop"),
        editable=False,
    )
    #: The first picture's URL, checked when it was read, or ''.
    image = models.CharField(_("picture"), max_length=MAX_URL, blank=True, editable=False)
    #: Of the last known content: a reply with the same digest has the same content.
    content_digest = models.CharField(max_length=32, blank=True, editable=False)
    stock = models.BigIntegerField(_("stock"), null=True, editable=False)
    supply_status = models.IntegerField(_("supply status"), null=True, editable=False)
    #: The platform's number, of the narrowest category that it tells.
    category = models.IntegerField(null=True, editable=False)
    sale_starts_at = models.DateTimeField(_("sale starts"), null=True, editable=False)
    sale_ends_at = models.DateTimeField(_("sale ends"), null=True, editable=False)

    # The data: how old it is and how long it has stayed the same.
    first_data_time = models.DateTimeField(_("first seen"), null=True, editable=False)
    changed_at = models.DateTimeField(_("last changed"), null=True, editable=False)
    data_time = models.DateTimeField(_("data time"), null=True, editable=False)
    #: The data time of the last reply that told a field, for fields that the reply of `data_time`
    #: did not tell.
    told_at = models.JSONField(null=True, editable=False)
    unchanged_checks = models.PositiveIntegerField(
        _("checks since the last change"), default=0, editable=False
    )
    from_cache = models.BooleanField(_("from the provider's cache"), default=False, editable=False)
    request_id = models.CharField(_("request ID"), max_length=64, blank=True, editable=False)
    flags = models.JSONField(_("last reply remarks"), default=list, editable=False)
    #: The data time of the last reply that told the shop's scores. The maximum over a shop's
    #: products is when the shop's row was last true, so checks need not update that row.
    shop_told_at = models.DateTimeField(null=True, editable=False)

    #: The answer that the next one must confirm, as `judging.doubts.Doubt` dumps it, and when it
    #: was last read. The last one that was not confirmed is in `dropped`.
    doubt = models.JSONField(null=True, editable=False)
    doubted_at = models.DateTimeField(_("in doubt"), null=True, editable=False)
    dropped = models.JSONField(null=True, editable=False)

    # `monitor.polling.recording.ageing` updates these at `look_back_at`.
    look_back_at = models.DateTimeField(null=True, editable=False)
    price_a_day_ago = models.BigIntegerField(null=True, editable=False)
    price_a_week_ago = models.BigIntegerField(null=True, editable=False)
    #: Units a day in the last 7 days, likely and between two bounds, as
    #: `monitor.judging.sales_pace` estimates them. Without an estimate `units` is NULL;
    #: `units_high` may still be a bound.
    units_low = models.FloatField(null=True, editable=False)
    units = models.FloatField(null=True, editable=False)
    units_high = models.FloatField(null=True, editable=False)
    #: Units a day in the 7 days before; and what the count itself rose by a day, for sums of many
    #: products.
    units_before = models.FloatField(null=True, editable=False)
    risen_7 = models.FloatField(null=True, editable=False)
    risen_14 = models.FloatField(null=True, editable=False)
    risen_30 = models.FloatField(null=True, editable=False)
    risen_error = models.FloatField(null=True, editable=False)

    #: The highest priority of its watches.
    priority = models.PositiveSmallIntegerField(default=2, db_default=2, editable=False)
    #: It has nearly reached its longest interval, so it must be checked as soon as it is due.
    cannot_wait = models.BooleanField(default=False, db_default=False, editable=False)
    #: Since when it has been watched without a pause, or has rested. NULL: since before this column
    #: existed.
    asked_since = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("added"), auto_now_add=True)
    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints = [
            models.UniqueConstraint(fields=["platform", "num_iid"], name="product_unique"),
            models.CheckConstraint(
                condition=models.Q(num_iid__regex=rf"^{NUM_IID}\Z"),
                name="product_num_iid_is_digits",
                violation_error_message=_("A product ID has 1 to 19 digits and nothing else."),
            ),
        ]
        indexes: ClassVar = [
            # Due products are a short range at the start of these two.
            models.Index(
                fields=["next_check_at", "id"],
                name="product_due",
                condition=models.Q(next_check_at__isnull=False),
            ),
            models.Index(
                fields=["next_check_at", "id"],
                name="product_strict",
                condition=models.Q(cannot_wait=True),
            ),
            # Requested by users: few.
            models.Index(
                fields=["next_check_at"],
                name="product_asked",
                condition=models.Q(asked_at__isnull=False),
            ),
            # The same and waiting first checks, by the user who pays for them: few.
            models.Index(
                fields=["asked_by"],
                name="product_asked_by",
                condition=models.Q(asked_by__isnull=False),
            ),
            # Failing, for pages that show them: few, unless the provider is down.
            models.Index(
                fields=["failing_since"],
                name="product_failing",
                condition=models.Q(failing_since__isnull=False),
            ),
            # Those checked last: some may lie in the future after the clock was set back.
            models.Index(
                models.OrderBy(IsNull(models.F("checked_at"), True)),
                models.OrderBy(models.F("checked_at"), descending=True),
                models.OrderBy(models.F("id")),
                name="product_by_checked",
            ),
            # `monitor.polling.recording.ageing`: those due.
            models.Index(
                fields=["look_back_at"],
                name="product_look_back",
                condition=models.Q(look_back_at__isnull=False),
            ),
            # In doubt: few. Very many mean that the provider sends wrong data.
            models.Index(
                fields=["doubted_at"],
                name="product_doubted",
                condition=models.Q(doubted_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.num_iid

    @property
    def content(self) -> Mapping[str, Json]:
        """One query, unless `stored_content` was selected with the product."""
        try:
            parts: Mapping[str, Json] = self.stored_content.parts
        except ProductContent.DoesNotExist:
            return {}
        return parts

    @property
    def state(self) -> ProductState:
        return self.state_with(self.content)

    def state_with(self, content: Mapping[str, Json]) -> ProductState:
        """Return the state in its columns, with `content`, which is in another table."""
        return ProductState(
            content=content, **{name: getattr(self, name) for name in PRODUCT_VALUE_FIELDS}
        )

    @property
    def revenue(self) -> int | None:
        """In fen a day, by the likely units; None if they or the price are not known."""
        price, units = self.current_price, self.units
        return None if price is None or units is None else round(price * units)

    @property
    def shown_rate(self) -> float | None:
        """The changes a day in the coming week; None while its checks tell too little."""
        return (self.knowledge or {}).get("shown_rate")

    @property
    def limits(self) -> Limits | None:
        """The combined wishes of its watchers; None without watchers."""
        return None if self.interval is None else Limits(self.interval, self.soonest, self.weight)

    @property
    def open_doubt(self) -> Doubt | None:
        """The answer that must be confirmed."""
        return None if self.doubt is None else Doubt.load(self.doubt)

    @property
    def dropped_doubt(self) -> Doubt | None:
        """The last doubtful answer that was not confirmed."""
        return None if self.dropped is None else Doubt.load(self.dropped)

    @property
    def was_never_found(self) -> bool:
        """Whether the provider has never known this product."""
        return self.status == Status.NOT_FOUND and self.title is None and self.price is None

    @property
    def displayed_status(self) -> str | None:
        """The status for pages: a product that was found before is shown as deleted instead of 'not
        found'."""
        if self.status == Status.NOT_FOUND and not self.was_never_found:
            return Status.DELETED.value
        return self.status

    @property
    def is_news(self) -> bool:
        """Whether nothing has changed since the first reply."""
        return self.changed_at is not None and self.changed_at == self.first_data_time


class ProductContent(models.Model):
    """A product's pictures, specification, freight, attributes and promises.

    They rarely change, and are written only then; the product's own row is written by every check.
    """

    product = models.OneToOneField(
        Product,
        models.CASCADE,
        primary_key=True,
        related_name="stored_content",
        verbose_name=_("product"),
    )
    parts = models.JSONField(_("content"), default=dict)


class Snapshot(Described):
    """A product's state from one data time until the next different one.

    The state before was last seen at `last_seen_before`, the data time of the reply before. What
    that reply did not tell may have changed earlier: the field's `Change` has since when. `content`
    is None if it is the same as in the snapshot before. Version 1 could thin the past: then sales
    may have changed from an earlier time on, which their `Change` has."""

    # The constraint has the index: a second one would slow down writing, and return histories in no
    # order.
    product = models.ForeignKey(
        Product, models.CASCADE, db_index=False, related_name="snapshots", verbose_name=_("product")
    )
    data_time = models.DateTimeField(_("data time"))
    last_seen_before = models.DateTimeField(_("previous state last seen"), null=True)
    content = models.JSONField(_("content"), null=True)
    received_at = models.DateTimeField(_("received"))
    request_id = models.CharField(_("request ID"), max_length=64, blank=True)
    from_cache = models.BooleanField(_("from the provider's cache"), default=False)
    thin = models.BooleanField(_("incomplete record"), default=False)

    class Meta:
        verbose_name = _("snapshot")
        verbose_name_plural = _("snapshots")
        constraints = [
            # Recording the same reply twice writes once. Its index also serves histories.
            models.UniqueConstraint(fields=["product", "data_time"], name="snapshot_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {timezone.localtime(self.data_time):%Y-%m-%d %H:%M}"


class Outage(models.Model):
    """A span in which a product's checks failed with one code, written when it is over.

    Until then it is in the product's `failing_since`, `failures`, `last_outcome` and `last_code`.
    """

    product = models.ForeignKey(
        Product, models.CASCADE, related_name="outages", verbose_name=_("product")
    )
    outcome = models.CharField(_("outcome"), max_length=20, choices=OUTCOME_CHOICES)
    code = models.CharField(_("code"), max_length=32, blank=True)
    began_at = models.DateTimeField(_("began"))
    ended_at = models.DateTimeField(_("ended"))
    checks = models.PositiveIntegerField(_("failed checks"))

    class Meta:
        verbose_name = _("outage")
        verbose_name_plural = _("outages")
        constraints = [
            models.UniqueConstraint(fields=["product", "began_at"], name="outage_unique"),
            models.CheckConstraint(
                condition=models.Q(ended_at__gte=models.F("began_at")),
                name="outage_ends_after_it_began",
            ),
        ]

    def __str__(self) -> str:
        return (
            f"{self.product_id} {self.outcome} {timezone.localtime(self.began_at):%Y-%m-%d %H:%M}"
        )

    @property
    def failure(self) -> str:
        """Why its checks failed, in words."""
        return failure_in_words(self.outcome, self.code)
