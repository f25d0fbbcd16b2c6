"""The user's visits: pages say what changed since the last one."""

from datetime import datetime, timedelta

from django.db.models import Case, DateTimeField, F, When

from monitor.models import User

#: A visit ends when the user has opened no page for this long.
VISIT_ENDS_AFTER = timedelta(minutes=30)


def mark_visit(user: User, now: datetime) -> None:
    """Record that the user opens a page: the visit goes on, or a new one begins and news count from
    the one before."""
    previous = Case(
        When(seen_at__lt=now - VISIT_ENDS_AFTER, then=F("seen_at")),
        default=F("last_visit_at"),
        output_field=DateTimeField(),
    )
    User.objects.filter(pk=user.pk).update(last_visit_at=previous, seen_at=now)


def count_news_from(user: User, moment: datetime | None, now: datetime) -> None:
    """Let news count from `moment`; None is that of a first visit."""
    User.objects.filter(pk=user.pk).update(last_visit_at=moment, seen_at=now)
