"""When to look at a product again. Pure: what is known of it, of all products and of the budget in, an instant out.

`belief` learns from a product's looks how often it changes. `pace` turns that into how often it is looked at, and
`fleet` fits what is common to all products: what to expect of one that is not known yet, and how many calls a change
is worth, so that all of them together take the budget. `day` learns at which hours products change, and plans looks
for them. `looks` says when the next check is due, whatever became of
the last one. `spending` says how much of a day's calls may be gone by when.
"""

from monitor.schedule.belief import Belief, Look, Prior, changes_a_day, learned
from monitor.schedule.day import Day, fitted_day
from monitor.schedule.fleet import Fleet, fitted_multiplier, fitted_prior
from monitor.schedule.looks import LONGEST_RETRY, History, Limits, next_check
from monitor.schedule.pace import Bounds, calls_a_day, wait
from monitor.schedule.spending import spendable

__all__ = [
    "LONGEST_RETRY",
    "Belief",
    "Bounds",
    "Day",
    "Fleet",
    "History",
    "Limits",
    "Look",
    "Prior",
    "calls_a_day",
    "changes_a_day",
    "fitted_day",
    "fitted_multiplier",
    "fitted_prior",
    "learned",
    "next_check",
    "spendable",
    "wait",
]
