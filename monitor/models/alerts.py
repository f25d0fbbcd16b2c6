"""Alerts, and who has read them. Delivery reads these rows and nothing else."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import IsNull
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from monitor.judging.rules.conditions import Condition
from monitor.judging.rules.kinds import COMPARING_KINDS, COUNTING_KINDS
from monitor.models.assortments import Follow
from monitor.models.catalog import Product, Shop
from monitor.models.changes import FIELD_CHOICES, Change
from monitor.models.personal import Mute
from monitor.models.rules import Rule, condition_from_json
from monitor.models.users import User
from monitor.models.watchlists import Watch, Watchlist
from monitor.text.formatting import NOT_TOLD, one_line
from monitor.text.rule_words import in_words, reason_in_words

#: The fields of alerts about values: those of changes, and what is compared with rivals.
VALUE_FIELDS = [*FIELD_CHOICES, ("my_price", _("my price")), ("my_units", _("my sales"))]
#: The field of an alert; 'checks' means that no check succeeds.
FIELDS = [*VALUE_FIELDS, ("checks", _("successful checks"))]
CLOCKS_DIFFER = timedelta(hours=1)
#: Of a rival's name in a reason.
LONGEST_RIVAL = 24


class AlertQuerySet(models.QuerySet["Alert"]):
    def for_user(self, user: User) -> Self:
        return self.filter(watchlist__in=Watchlist.objects.for_user(user))

    def unread_by(self, user: User) -> Self:
        reads = AlertRead.objects.filter(alert=models.OuterRef("pk"), user_id=user.pk)
        before = user.alerts_read_before
        if before is None:
            return self.exclude(models.Exists(reads))
        # An alert is read after it was created, but clocks differ a little. So old reads need not
        # be searched.
        reads = reads.filter(read_at__gte=before - CLOCKS_DIFFER)
        return self.filter(created_at__gte=before).exclude(models.Exists(reads))

    def for_reader(self, user: User, now: datetime) -> Self:
        """Load all that a page shows, such as `is_read` and `muted_until` for this user.

        `is_watched`: the user still watches the product and so can open its page. `sees_shop`: the
        user can open the shop's page, as a product of the shop is watched or a list follows the
        shop. `sees_own`: the user watches the own product that the rule compared with."""
        mutes = Mute.objects.in_force(now).filter(user=user.pk, product=models.OuterRef("product"))
        reads = AlertRead.objects.filter(alert=models.OuterRef("pk"), user=user.pk)
        # Not `Exists`, nor below: PostgreSQL would read all reads, or all watches, of the user.
        is_read = models.Q(IsNull(models.Subquery(reads.values("pk")[:1]), False))
        if user.alerts_read_before is not None:
            is_read |= models.Q(created_at__lt=user.alerts_read_before)
        watches = Watch.objects.for_user(user).order_by().values("pk")
        of_product = models.Subquery(watches.filter(product=models.OuterRef("product"))[:1])
        of_shop = models.Subquery(watches.filter(product__shop=models.OuterRef("shop"))[:1])
        shop = Coalesce(models.OuterRef("shop"), models.OuterRef("product__shop"))
        follow = models.Subquery(
            Follow.objects.for_user(user).filter(shop=shop).order_by().values("pk")[:1]
        )
        own = own_of_rule("rule_as_it_was")
        return self.select_related("watchlist", "product__shop", "shop", "change").annotate(
            is_read=models.ExpressionWrapper(is_read, models.BooleanField()),
            is_watched=IsNull(of_product, False),
            sees_shop=IsNull(Coalesce(of_shop, follow), False),
            sees_own=IsNull(models.Subquery(watches.filter(product=own)[:1]), False),
            muted_until=models.Subquery(mutes.values("until")[:1]),
        )

    def newest_first(self) -> Self:
        return self.order_by("-created_at", "-pk")

    def undelivered(self, now: datetime) -> Self:
        """Return alerts without a message so far, except those still gathering. Served by the index
        `alert_undelivered`."""
        is_whole = models.Q(held_until__isnull=True) | models.Q(held_until__lte=now)
        return self.filter(is_whole, is_delivered=False).order_by("pk")


class Alert(models.Model):
    """A rule fired for a product or shop of a watchlist.

    The evidence is the change (None if the rule was true from the start), the values, the rule as
    it was, the data time and the provider's request ID."""

    watchlist = models.ForeignKey(
        Watchlist, models.CASCADE, related_name="alerts", verbose_name=_("watchlist")
    )
    rule = models.ForeignKey(
        Rule, models.SET_NULL, null=True, related_name="alerts", verbose_name=_("rule")
    )
    rule_as_it_was = models.JSONField(_("rule at the time"))
    change = models.ForeignKey(
        Change, models.CASCADE, null=True, related_name="alerts", verbose_name=_("change")
    )
    product = models.ForeignKey(
        Product, models.CASCADE, null=True, related_name="alerts", verbose_name=_("product")
    )
    shop = models.ForeignKey(
        Shop, models.CASCADE, null=True, related_name="alerts", verbose_name=_("shop")
    )
    field = models.CharField(_("field"), max_length=20, choices=FIELDS)
    before = models.JSONField(_("before"), null=True)
    after = models.JSONField(_("after"), null=True)
    reference = models.BigIntegerField(_("compared with"), null=True)
    data_time = models.DateTimeField(_("data time"))
    request_id = models.CharField(_("request ID"), max_length=64, blank=True)
    #: Firings during the rule's cool-down become one alert: their count, the time of the first, and
    #: the last ones as pairs of a time and a value. `before`, and a `reference` that the rule
    #: counts from, are of the first firing, all other values are of the last.
    count = models.PositiveIntegerField(_("times"), default=1)
    began_at = models.DateTimeField(_("began"), null=True)
    moments = models.JSONField(_("moments"), default=list)
    # NULL, not '', for alerts of one firing: the constraint on it must not compare them.
    group = models.CharField(max_length=100, null=True, editable=False)  # noqa: DJ001
    held_until = models.DateTimeField(_("held until"), null=True)
    created_at = models.DateTimeField(_("created"))
    is_delivered = models.BooleanField(
        _("handed to delivery"), default=False, help_text=_("All its messages have been written.")
    )

    #: Whether the reader may see the own product that the rule compared with, and its price; and
    #: the alert's product.
    sees_own = False
    is_watched = True

    objects = AlertQuerySet.as_manager()

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        constraints = [
            models.UniqueConstraint(fields=["rule", "change"], name="alert_unique"),
            models.UniqueConstraint(
                fields=["rule", "product", "data_time", "reference"],
                condition=models.Q(change__isnull=True, group__isnull=True),
                name="alert_without_change_unique",
            ),
            models.UniqueConstraint(fields=["rule", "group"], name="alert_gathered_unique"),
        ]
        indexes = [
            # Finds a page of the inbox before its rows are read.
            models.Index(fields=["watchlist", "-created_at", "-id"], name="alert_newest"),
            models.Index(
                fields=["id"], name="alert_undelivered", condition=models.Q(is_delivered=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_field_display()} {timezone.localtime(self.created_at):%Y-%m-%d %H:%M}"

    @property
    def doubted_at(self) -> datetime | None:
        """When the change was first read, if a second answer had to confirm it."""
        return self.change.doubted_at if self.change is not None else None

    @property
    def subject(self) -> str:
        """The name of the product or shop, or the number of products."""
        if (subject := self.product or self.shop) is not None:
            return str(subject)
        return ngettext("%(count)d product", "%(count)d products", self.count) % {
            "count": self.count
        }

    @property
    def seen_shop(self) -> int | None:
        """The key of the shop, or of the product's."""
        return self.shop_id or (self.product.shop_id if self.product else None)

    @property
    def is_of_many(self) -> bool:
        return self.product_id is None and self.shop_id is None

    @property
    def is_repeated(self) -> bool:
        """Whether it has several firings."""
        return self.began_at is not None and self.count > 1

    @property
    def is_of_own(self) -> bool:
        """Whether the rule compares with another product, a rival or the user's own, which `own`
        names."""
        return self.rule_as_it_was.get("kind") in COMPARING_KINDS

    @property
    def compared_with(self) -> int | None:
        """`reference`, unless it is the price of a product that the reader may not see."""
        return None if self.is_of_own and not self.sees_own else self.reference

    @property
    def is_counting(self) -> bool:
        """Whether the rule counts a distance from `reference`."""
        return self.rule_as_it_was.get("kind") in COUNTING_KINDS

    @property
    def counted_from(self) -> int | None:
        """The number that the rule counted from, if it counts, else the one before; None if it is
        no number."""
        value = self.before if self.reference is None or not self.is_counting else self.reference
        return value if type(value) is int else None

    @property
    def condition(self) -> Condition | None:
        """The rule's when it fired; None if its kind no longer exists."""
        try:
            return condition_from_json(self.rule_as_it_was)
        except (KeyError, TypeError, ValueError, AttributeError):
            return None

    @property
    def own_name(self) -> str:
        """The product that the rule compared with, '' if the reader may not see it."""
        return str(self.rule_as_it_was.get("own_name", "")) if self.sees_own else ""

    @property
    def rule_in_words(self) -> str:
        """The rule when it fired, in the active language; `NOT_TOLD` if its kind no longer
        exists."""
        return in_words(condition) if (condition := self.condition) else NOT_TOLD

    @property
    def reason(self) -> str:
        """What besides its values made the rule fire, in the active language: 'below your target
        ¥95.00', or ''."""
        if (condition := self.condition) is None:
            return ""
        is_target, counts_on = (
            self.rule_as_it_was.get(name, False) for name in ("is_target", "counts_on")
        )
        counts_on = counts_on and self.counted_from != self.before
        with_, own = self.compared_with, one_line(self.own_name, LONGEST_RIVAL)
        return reason_in_words(condition, with_, is_target=is_target, counts_on=counts_on, own=own)


def own_of_rule(stored: str) -> Cast:
    """Return the key of the user's own product in a stored rule, for a subquery; `stored` is the
    outer query's column."""
    return Cast(KeyTextTransform("own", models.OuterRef(stored)), models.BigIntegerField())


class AlertRead(models.Model):
    """A user has read an alert. Members of a shared list have separate inboxes."""

    alert = models.ForeignKey(Alert, models.CASCADE, related_name="reads")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    read_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["alert", "user"], name="alert_read_unique")]
        # To undo what a user marked as read at one time.
        indexes = [models.Index(fields=["user", "read_at"], name="alert_read_at_once")]
