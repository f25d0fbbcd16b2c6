"""The time zones to choose from."""

import zoneinfo
from functools import cache
from importlib import resources
from typing import Any

from django.utils.translation import gettext_lazy as _

#: The zones of most users, by names that people use.
COMMON = {
    "Asia/Shanghai": _("China (Beijing, Shanghai)"),
    "Asia/Hong_Kong": _("Hong Kong"),
    "Asia/Macau": _("Macau"),
    "Asia/Taipei": _("Taipei"),
    "Asia/Singapore": _("Singapore"),
    "Asia/Kuala_Lumpur": _("Kuala Lumpur"),
    "Asia/Tokyo": _("Tokyo"),
    "Asia/Seoul": _("Seoul"),
    "Asia/Bangkok": _("Bangkok"),
    "Asia/Ho_Chi_Minh": _("Ho Chi Minh City"),
    "Asia/Jakarta": _("Jakarta"),
    "Asia/Dubai": _("Dubai"),
    "Australia/Sydney": _("Sydney"),
    "Europe/London": _("London"),
    "Europe/Paris": _("Paris"),
    "Europe/Berlin": _("Berlin"),
    "Europe/Moscow": _("Moscow"),
    "America/New_York": _("New York"),
    "America/Los_Angeles": _("Los Angeles"),
}


def choices(chosen: str) -> list[tuple[Any, list[tuple[str, Any]]]]:
    """Return two groups of zones with their labels: the common ones, and all others by name, also
    `chosen` if that name is no longer offered."""
    others = (_listed() | {chosen} & zoneinfo.available_timezones()) - COMMON.keys()
    named = [(name, name.replace("_", " ")) for name in sorted(others)]
    return [(_("Common"), [*COMMON.items()]), (_("All others"), named)]


@cache
def _listed() -> set[str]:
    """Return the zones that the database lists by country, without aliases and obsolete names."""
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    names = {line.split("\t")[2] for line in table.splitlines() if not line.startswith("#")}
    return names & zoneinfo.available_timezones() | {"UTC"}
