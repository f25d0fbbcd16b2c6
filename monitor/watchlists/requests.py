"""What a person asks of the schedule: a check at once."""

from datetime import datetime

from django.db.models import QuerySet

from monitor.models import Product


def check_now(products: QuerySet[Product], now: datetime) -> int:
    """Make watched products due at once, one call each, before what is due by itself; return how many were not yet
    due."""
    return products.filter(next_check_at__gt=now).update(next_check_at=now, asked_at=now)
