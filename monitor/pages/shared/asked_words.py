"""What a person may ask to have checked, and what came of asking, in words."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from monitor.budget.limit import Allowance
from monitor.models.usage import quota_reset
from monitor.text.clock import spoken
from monitor.text.formatting import space
from monitor.watchlists.requests import GrantedChecks


def used_up_in_words(allowance: Allowance, fills_at: datetime) -> str:
    """Why a person may ask for no check more today, and when they may again."""
    if allowance.is_used_up:
        text = ngettext(
            "Your %(n)s check for today is used. It fills again %(at)s.",
            "All %(n)s of your checks for today are used. They fill again %(at)s.",
            allowance.a_day,
        )
    else:
        text = _("Too few of today's calls are left. They fill again %(at)s.")
    return text % {"n": f"{allowance.a_day:,}", "at": spoken(fills_at)}


def refused_in_words(asked: GrantedChecks, now: datetime) -> str:
    """How many checks were not granted, why not, and when there are some again; nothing where all were."""
    parts = []
    if (more := asked.over_allowance) and asked.allowance_after is not None:
        text = ngettext("%(more)s more is not checked.", "%(more)s more are not checked.", more)
        parts += [text % {"more": f"{more:,}"}, used_up_in_words(asked.allowance_after, quota_reset(now))]
    if more := asked.over_quota:
        text = ngettext(
            "%(more)s more check would pass the quota of its list.",
            "%(more)s more checks would pass the quotas of their lists.",
            more,
        )
        parts += [
            text % {"more": f"{more:,}"},
            _("Ask again from %(at)s on.") % {"at": spoken(quota_reset(now))},
        ]
    return space().join(parts)
