"""Alerts that come while a page is open."""

from django.db.models import Max

from monitor.models import Alert, User

#: More are only counted by the page itself.
MOST = 20


def mark() -> int:
    """The newest alert of anybody's: what is not above it need not be looked for. One look into an index."""
    return Alert.objects.aggregate(newest=Max("pk"))["newest"] or 0


def arrived(user: User, after: int) -> list[Alert]:
    """The user's unread alerts above the mark `after`, the newest first, with product or shop. One query.

    What others' alerts there are above it is looked through, so a page asks with a mark of late.
    """
    alerts = Alert.objects.for_user(user).unread_by(user).filter(pk__gt=after)
    return list(alerts.select_related("product", "shop").order_by("-pk")[:MOST])
