"""Times as pages show them: in the active time zone and language."""

import json
from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext, ngettext

from monitor.text import formatting

UNITS = (timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ago(when: datetime | None) -> str:
    """Return how long ago in the largest unit, counting calendar days; the date after 30 days."""
    if when is None:
        return formatting.NOT_TOLD
    minutes = int((timezone.now() - when).total_seconds() // 60)
    if minutes < 1:
        return gettext("just now")
    if minutes < 60:
        return ngettext("%(n)d min ago", "%(n)d min ago", minutes) % {"n": minutes}
    if minutes < 24 * 60:
        return ngettext("%(n)d h ago", "%(n)d h ago", minutes // 60) % {"n": minutes // 60}
    if minutes < 30 * 24 * 60:
        days = (timezone.localdate() - timezone.localdate(when)).days
        return ngettext("%(n)d day ago", "%(n)d days ago", days) % {"n": days}
    return day(when)


def ago_words() -> str:
    """Return the words of `ago` for scripts, as JSON; each unit has a singular and a plural."""
    words = {
        "now": gettext("just now"),
        "min": [ngettext("%(n)d min ago", "%(n)d min ago", count) for count in (1, 2)],
        "h": [ngettext("%(n)d h ago", "%(n)d h ago", count) for count in (1, 2)],
        "day": [ngettext("%(n)d day ago", "%(n)d days ago", count) for count in (1, 2)],
    }
    return json.dumps(words, ensure_ascii=False)


def lasting(since: datetime | None) -> str:
    """Return the time since then in its largest unit."""
    if since is None:
        return formatting.NOT_TOLD
    length = timezone.now() - since
    unit = next((unit for unit in UNITS if length >= unit), UNITS[-1])
    return formatting.duration(length // unit * unit)


def moment(when: datetime | None) -> str:
    """Date and time in the user's time zone."""
    return formatting.instant(when, timezone.get_current_timezone())


def spoken(when: datetime) -> str:
    """Return a time in the user's time zone, within a sentence: '18:40', 'yesterday 18:40', 'Mon 23
    Nov 18:40'."""
    local, today = timezone.localtime(when), timezone.localdate()
    hour = f"{local:%H:%M}"
    match (local.date() - today).days:
        case 0:
            return hour
        case -1:
            return gettext("yesterday %(hour)s") % {"hour": hour}
        case 1:
            return gettext("tomorrow %(hour)s") % {"hour": hour}
    return f"{formatting.day_in_words(local.date(), today)} {hour}"


def unix_moment(unix_seconds: int) -> str:
    """Date and time in the user's time zone."""
    return moment(EPOCH + timedelta(seconds=unix_seconds))


def unix_day(unix_seconds: int) -> str:
    """Return the date in the user's time zone, without the year if it is this one."""
    then = timezone.localtime(EPOCH + timedelta(seconds=unix_seconds))
    return f"{then:%m-%d}" if then.year == timezone.localtime().year else f"{then:%Y-%m-%d}"


def microseconds(when: datetime) -> int:
    """Return the microseconds since 1970: an exact time for a URL."""
    return (when - EPOCH) // timedelta(microseconds=1)


def at_microseconds(number: int) -> datetime:
    """Return the inverse of `microseconds`."""
    return EPOCH + timedelta(microseconds=number)


def to_come(when: datetime | None) -> datetime | None:
    """Return `when` if it is in the future, else None."""
    return when if when is not None and when > timezone.now() else None


def day(when: datetime) -> str:
    return f"{timezone.localtime(when):%Y-%m-%d}"
