"""Writes of users: adding, importing, pausing and removing products, and making rules."""

from monitor.watchlists.rescheduling import reschedule
from monitor.watchlists.services import (
    add_products,
    create_watchlist,
    pause,
    pause_watchlist,
    remove,
    resume,
    rule_changed,
    save_watchlist,
    watchlist_changed,
)

__all__ = [
    "add_products",
    "create_watchlist",
    "pause",
    "pause_watchlist",
    "remove",
    "reschedule",
    "resume",
    "rule_changed",
    "save_watchlist",
    "watchlist_changed",
]
