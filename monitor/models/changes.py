"""Changes: one field of a product or shop, before and after, and the interval in which it
happened."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from monitor.judging.changes import SCORE_FIELDS
from monitor.models.catalog import Product, Shop
from monitor.models.fields import exactly_one_of

FIELD_CHOICES = [
    ("price", _("price")),
    ("list_price", _("list price")),
    ("sku_range", _("SKU price range")),
    ("sales", _("sales")),
    ("status", _("status")),
    ("presale", _("presale")),
    ("title", _("title")),
    ("images", _("images")),
    ("specification", _("specification")),
    ("freight", _("freight")),
    ("attributes", _("attributes")),
    ("service_promises", _("service promises")),
    ("score_scale", _("score scale")),
    ("product_score", _("product score")),
    ("logistics_score", _("logistics score")),
    ("service_score", _("service score")),
    ("product_gap", _("product score against the average")),
    ("logistics_gap", _("logistics score against the average")),
    ("service_gap", _("service score against the average")),
    ("name", _("shop name")),
    ("company_name", _("company")),
    ("range", _("in the shop's range")),
    ("best_ten", _("among the shop's ten best sellers")),
    ("revenue", _("revenue a day")),
]
#: Fields that a chart draws, or that change together with one.
DRAWN_FIELDS = ("sales", "price", "list_price", "sku_range", "status")
#: Fields whose changes programs read in the order in which they were recorded.
READ_ON_FIELDS = ("price", "status")


class Change(models.Model):
    """It happened after `last_seen_before`, when the field was last told, and not later than
    `first_seen_after`.

    Both are data times. `before` and `after` are the stored values: fen, hundredths of a score,
    lower bounds of sales, status words, text, or the JSON of a content part."""

    # The constraints have the indexes. Further ones would take half as much disk again.
    product = models.ForeignKey(
        Product,
        models.CASCADE,
        null=True,
        db_index=False,
        related_name="changes",
        verbose_name=_("product"),
    )
    shop = models.ForeignKey(
        Shop,
        models.CASCADE,
        null=True,
        db_index=False,
        related_name="changes",
        verbose_name=_("shop"),
    )
    field = models.CharField(_("field"), max_length=20, choices=FIELD_CHOICES)
    before = models.JSONField(_("before"))
    after = models.JSONField(_("after"))
    last_seen_before = models.DateTimeField(_("last seen before"))
    first_seen_after = models.DateTimeField(_("first seen after"))
    request_id = models.CharField(_("request ID"), max_length=64, blank=True)
    #: When it was first read, if a second answer had to confirm it.
    doubted_at = models.DateTimeField(_("in doubt since"), null=True)
    #: Of `READ_ON_FIELDS`; NULL for changes that an older version recorded.
    recorded_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        indexes = [
            # News of some fields since a time, newest first.
            models.Index(
                fields=["field", "-first_seen_after"],
                name="change_newest",
                condition=models.Q(field__in=["price", "status", *SCORE_FIELDS]),
            ),
            models.Index(
                fields=["field", "recorded_at", "id"],
                name="change_recorded",
                condition=models.Q(recorded_at__isnull=False),
            ),
            # The events that a chart marks beside its lines: few among very many changes.
            models.Index(
                fields=["product", "-first_seen_after", "-id"],
                name="change_marked",
                condition=~models.Q(field__in=DRAWN_FIELDS),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "first_seen_after", "field"], name="change_of_product_unique"
            ),
            # Nearly all changes are of products.
            models.UniqueConstraint(
                fields=["shop", "first_seen_after", "field"],
                condition=models.Q(shop__isnull=False),
                name="change_of_shop_unique",
            ),
            exactly_one_of("product", "shop", name="change_of_a_product_or_a_shop"),
        ]

    def __str__(self) -> str:
        return (
            f"{self.get_field_display()} {timezone.localtime(self.first_seen_after):%Y-%m-%d %H:%M}"
        )
