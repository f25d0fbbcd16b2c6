"""The time zones to choose from, as people know them: by offset and city."""

import zoneinfo
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache, lru_cache
from importlib import resources

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

#: Zones that people here know by other names than the database's.
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
#: Those of most people here; they come first.
COMMON = tuple(NAMES)[:11]

type Group = tuple[str, list[tuple[str, str]]]


def choices(now: datetime, chosen: str) -> list[Group]:
    """Two groups of zones with their labels: the common ones, and all others by their offsets at `now`.

    `chosen` is among them also under a name that is no longer offered.
    """
    offsets = dict(_offsets(now.replace(minute=0, second=0, microsecond=0)))
    if chosen not in offsets and chosen in zoneinfo.available_timezones():
        offsets[chosen] = _offset(chosen, now)
    labels = {name: _label(name, offset) for name, offset in offsets.items()}
    others = sorted(offsets.keys() - set(COMMON), key=lambda name: (offsets[name], name not in NAMES, labels[name]))
    return [
        (_("Common"), [(name, labels[name]) for name in COMMON]),
        (_("All others, from west to east"), [(name, labels[name]) for name in others]),
    ]


@cache
def _listed() -> frozenset[str]:
    """The zones that the database lists by country: no aliases, no relics."""
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    zones = {line.split("\t")[2] for line in table.splitlines() if not line.startswith("#")}
    return frozenset(zones & zoneinfo.available_timezones() | {"UTC", *COMMON})


@lru_cache(maxsize=1)
def _offsets(hour: datetime) -> Mapping[str, timedelta]:
    return {name: _offset(name, hour) for name in _listed()}


def _offset(name: str, now: datetime) -> timedelta:
    return now.astimezone(zoneinfo.ZoneInfo(name)).utcoffset() or timedelta()


def _label(name: str, offset: timedelta) -> str:
    """`UTC+08:00 · Shanghai`; of America/Indiana/Knox the city is `Knox, Indiana`."""
    hours, minutes = divmod(abs(offset) // timedelta(minutes=1), 60)
    city = ", ".join(reversed(name.replace("_", " ").split("/")[1:])) or name
    return f"UTC{'-' if offset < timedelta() else '+'}{hours:02}:{minutes:02} · {NAMES.get(name, city)}"
