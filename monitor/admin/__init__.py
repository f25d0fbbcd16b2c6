"""The operator's pages: the watchlists of many merchants, the outbox, the ledger, and the history as evidence.

What people ask for goes through `monitor.watchlists`, so that schedule and rules follow; what was recorded is shown
and never edited.
"""

from django.contrib import admin

from monitor.admin import (
    alerts,
    budgets,
    catalog,
    history,
    imports,
    invitations,
    outbox,
    usage,
    users,
    watches,
    watchlists,
)
from monitor.admin.export import download_csv

__all__ = [
    "alerts",
    "budgets",
    "catalog",
    "history",
    "imports",
    "invitations",
    "outbox",
    "usage",
    "users",
    "watches",
    "watchlists",
]

admin.site.add_action(download_csv)
