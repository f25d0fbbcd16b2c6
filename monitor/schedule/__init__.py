"""When to look at a product again. Pure: what is known of it, of all products and of the budget in, an instant out.

`belief` learns from a product's looks how often it changes. `pace` turns that into how often it is looked at, and
`fleet` fits what is common to all products: what to expect of one that is not known yet, and how many calls a change
is worth, so that all of them together, as the `census` counts them, take the budget. `day` learns at which hours
products change, and plans looks for them. `limits` are what people ask for; `planner` puts all of that together for
one product, and `looks` says when the next check is due, whatever became of the last one; `reasons`
tells why. `spending` says how much of a day's calls may be gone by when.
"""

from monitor.schedule.belief import Belief, Prior, Sighting, changes_a_day, learned
from monitor.schedule.census import Cell, Census
from monitor.schedule.day import Day, fitted_day
from monitor.schedule.fleet import Fleet, fitted_multiplier, fitted_prior, planned_share
from monitor.schedule.limits import ALL_DAY, SHOPS_ZONE, Limits, combined, hours_between, within_hours
from monitor.schedule.looks import LONGEST_RETRY, CheckHistory, next_check
from monitor.schedule.pace import Bounds, calls_a_day, wait
from monitor.schedule.planner import STORED_LENGTH, Known, Lesson, Planner, days_of
from monitor.schedule.reasons import Cause, CheckStanding, NextCheck, Reason, busy_spans, hour_spans, learned_rate, why
from monitor.schedule.spending import Mark, Spending

__all__ = [
    "ALL_DAY",
    "LONGEST_RETRY",
    "SHOPS_ZONE",
    "STORED_LENGTH",
    "Belief",
    "Bounds",
    "Cause",
    "Cell",
    "Census",
    "CheckHistory",
    "CheckStanding",
    "Day",
    "Fleet",
    "Known",
    "Lesson",
    "Limits",
    "Mark",
    "NextCheck",
    "Planner",
    "Prior",
    "Reason",
    "Sighting",
    "Spending",
    "busy_spans",
    "calls_a_day",
    "changes_a_day",
    "combined",
    "days_of",
    "fitted_day",
    "fitted_multiplier",
    "fitted_prior",
    "hour_spans",
    "hours_between",
    "learned",
    "learned_rate",
    "next_check",
    "planned_share",
    "wait",
    "why",
    "within_hours",
]
