"""The time zones to choose from, by offset and city."""

import zoneinfo
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from importlib import resources

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

#: Zones that users know by other names than the database's.
NAMES = {
    "Asia/Shanghai": gettext_lazy("China (Beijing, Shanghai)"),
    "Asia/Hong_Kong": gettext_lazy("Hong Kong"),
    "Asia/Macau": gettext_lazy("Macau"),
    "Asia/Taipei": gettext_lazy("Taipei"),
    "Asia/Singapore": gettext_lazy("Singapore"),
    "Asia/Kuala_Lumpur": gettext_lazy("Kuala Lumpur"),
    "Asia/Tokyo": gettext_lazy("Tokyo"),
    "Asia/Seoul": gettext_lazy("Seoul"),
    "Asia/Bangkok": gettext_lazy("Bangkok"),
    "Asia/Ho_Chi_Minh": gettext_lazy("Ho Chi Minh City"),
    "Asia/Jakarta": gettext_lazy("Jakarta"),
    "Asia/Dubai": gettext_lazy("Dubai"),
    "Australia/Sydney": gettext_lazy("Sydney"),
    "Europe/London": gettext_lazy("London"),
    "Europe/Paris": gettext_lazy("Paris"),
    "Europe/Berlin": gettext_lazy("Berlin"),
    "Europe/Moscow": gettext_lazy("Moscow"),
    "America/New_York": gettext_lazy("New York"),
    "America/Los_Angeles": gettext_lazy("Los Angeles"),
}
#: The zones of most users; they come first.
COMMON = tuple(NAMES)[:11]

type Group = tuple[str, list[tuple[str, str]]]


def choices(now: datetime, chosen: str) -> list[Group]:
    """Two groups of zones with their labels: the common ones, and all others by their offsets at
    `now`.

    They include `chosen`, even if that name is no longer offered.
    """
    zones = dict(_listed())
    if chosen not in zones and chosen in zoneinfo.available_timezones():
        zones[chosen] = zoneinfo.ZoneInfo(chosen)
    offsets = {
        name: now.astimezone(zone).utcoffset() or timedelta() for name, zone in zones.items()
    }
    labels = {name: _label(name, offset) for name, offset in offsets.items()}
    others = sorted(
        zones.keys() - set(COMMON),
        key=lambda name: (offsets[name], name not in NAMES, labels[name]),
    )
    return [
        (_("Common"), [(name, labels[name]) for name in COMMON]),
        (_("All others, from west to east"), [(name, labels[name]) for name in others]),
    ]


@cache
def _listed() -> Mapping[str, zoneinfo.ZoneInfo]:
    """Return the zones that the database lists by country, without aliases and obsolete names.
    `ZoneInfo` itself keeps only a few, and reads a file for each of the others."""
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    names = {line.split("\t")[2] for line in table.splitlines() if not line.startswith("#")}
    return {
        name: zoneinfo.ZoneInfo(name)
        for name in names & zoneinfo.available_timezones() | {"UTC", *COMMON}
    }


def _label(name: str, offset: timedelta) -> str:
    """`UTC+08:00 · Shanghai`; the city of America/Indiana/Knox is `Knox, Indiana`."""
    hours, minutes = divmod(abs(offset) // timedelta(minutes=1), 60)
    city = ", ".join(reversed(name.replace("_", " ").split("/")[1:])) or name
    return (
        f"UTC{'-' if offset < timedelta() else '+'}{hours:02}:{minutes:02} · "
        f"{NAMES.get(name, city)}"
    )
