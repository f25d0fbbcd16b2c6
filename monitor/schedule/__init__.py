"""When to check a product again. Pure: knowledge of the product, of all products and of the budget in, a time out.

`belief` learns from a product's checks how often it changes, and `pace` derives how often to check it. `fleet` fits
what all products share: what to expect of an unknown product, and the multiplier at which all products together,
counted by the `census`, use the budget. `day` learns the hours at which products change, and plans checks for them.
`limits` are what users ask for. `planner` combines all of that for one product. `looks` sets the next check after any
outcome of the last one, and `reasons` explains it. `spending` is the plan for a day's calls.
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
