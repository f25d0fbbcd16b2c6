"""What came of asking for checks, in words."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from monitor.clock import spoken
from monitor.formatting import space
from monitor.models.usage import quota_reset
from monitor.watchlists.requests import Asked


def refused_in_words(asked: Asked, now: datetime) -> str:
    """How many checks were not granted, why not, and when there are some again; nothing where all were."""
    parts = []
    if asked.over_allowance and asked.allowance is not None:
        more = asked.over_allowance
        if asked.is_allowance_used_up:
            text = ngettext(
                "%(more)s more check would pass your allowance of %(allowance)s a day.",
                "%(more)s more checks would pass your allowance of %(allowance)s a day.",
                more,
            )
        else:
            text = ngettext(
                "%(more)s more check is not made: too few of today's calls are left.",
                "%(more)s more checks are not made: too few of today's calls are left.",
                more,
            )
        parts.append(text % {"more": f"{more:,}", "allowance": f"{asked.allowance.a_day:,}"})
    if more := asked.over_quota:
        text = ngettext(
            "%(more)s more check would pass the quota of its list.",
            "%(more)s more checks would pass the quotas of their lists.",
            more,
        )
        parts.append(text % {"more": f"{more:,}"})
    if parts:
        parts.append(_("Ask again from %(at)s on.") % {"at": spoken(quota_reset(now))})
    return space().join(parts)
