"""Who may check which product, and until when."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Self

from django.db import models

from monitor.models.catalog import Product


class LeaseQuerySet(models.QuerySet["Lease"]):
    def running(self, now: datetime | Any) -> Self:
        """Leases that have not run out at `now`, an instant or an expression."""
        return self.filter(until__gt=now)


class Lease(models.Model):
    """A product that nobody else may check before `until`. All products that are claimed together have one `claim`.

    The worker deletes the lease in the transaction that records the product. A worker that comes back late finds no
    lease of its claim and records nothing.
    """

    # Without a foreign key in the database: it would be looked up for each lease, and a lease of a deleted product
    # does no harm until it runs out.
    product = models.OneToOneField(
        Product, models.CASCADE, primary_key=True, related_name="+", db_constraint=False, verbose_name="product"
    )
    claim = models.UUIDField(default=uuid.uuid4, db_index=True)
    #: Whether a worker has begun. Until then the claim waits in the broker.
    is_begun = models.BooleanField(default=False)
    until = models.DateTimeField()

    objects = LeaseQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.product_id} until {self.until:%H:%M:%S}"
