"""Searches of the provider's products by words: a page is asked for once, and remembered for
everybody for a day."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from monitor.models.choices import OUTCOME_CHOICES
from monitor.models.polled import CLAIM_LASTS
from monitor.provider.listing import ListedProduct
from monitor.provider.observation import Sales

REMEMBERED_FOR = timedelta(days=1)
LONGEST_WORDS = 60
#: No search goes further.
MOST_PAGES = 25


class SearchPageQuerySet(models.QuerySet["SearchPage"]):
    def waiting(self, now: datetime) -> Self:
        """Return pages that users asked for and no worker calls for, the oldest first."""
        is_free = (
            Q(claimed_until=None)
            | Q(claimed_until__lte=now)
            | Q(claimed_until__gt=now + 2 * CLAIM_LASTS)
        )
        return self.filter(is_free, asked_at__isnull=False).order_by("asked_at", "pk")

    def expired(self, now: datetime) -> Self:
        """Return pages that are no longer remembered."""
        return self.filter(read_at__lt=now - REMEMBERED_FOR, asked_at=None)


class SearchPage(models.Model):
    """A page of a search: its products, as `monitor.provider.listing.ListedProduct` tells them, in
    JSON."""

    words = models.CharField(_("words"), max_length=LONGEST_WORDS)
    page = models.PositiveSmallIntegerField(_("page"))
    products = models.JSONField(default=list)
    #: When it was answered, and why it could not be; '' if it could.
    read_at = models.DateTimeField(_("read"), null=True)
    outcome = models.CharField(_("outcome"), max_length=20, choices=OUTCOME_CHOICES, blank=True)
    code = models.CharField(_("code"), max_length=32, blank=True)
    #: When a user asked for it; NULL once it is answered. No constraint, as with products.
    asked_at = models.DateTimeField(null=True)
    asked_by = models.ForeignKey(
        "monitor.User",
        models.SET_NULL,
        null=True,
        db_index=False,
        db_constraint=False,
        related_name="+",
    )
    claimed_until = models.DateTimeField(null=True)

    objects = SearchPageQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["words", "page"], name="search_page_unique")]
        indexes = [
            models.Index(
                fields=["asked_at"], name="search_asked", condition=Q(asked_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.words} {self.page}"

    @property
    def listed(self) -> list[ListedProduct]:
        return [
            ListedProduct(
                **{**product, "sales": Sales(**product["sales"]) if product["sales"] else None}
            )
            for product in self.products
        ]

    def is_known(self, now: datetime) -> bool:
        """Whether its answer is still remembered."""
        return (
            self.read_at is not None
            and self.read_at <= now < self.read_at + REMEMBERED_FOR
            and not self.outcome
        )
