"""The clock on which somebody reads his mails, and by which they come."""

from datetime import tzinfo
from zoneinfo import ZoneInfo

from django.conf import settings

from monitor.models import User


def zone_of(user: User | None) -> tzinfo:
    """The recipient's time zone, or everybody's when he has no account or his name for one is none."""
    try:
        return ZoneInfo(user.time_zone if user else settings.DEFAULT_USER_TIME_ZONE)
    except (ValueError, LookupError):
        return ZoneInfo(settings.DEFAULT_USER_TIME_ZONE)
