"""The operator's pages: the watchlists of many merchants, the outbox, the ledger of calls, and the history.

Writes go through `monitor.watchlists`, which updates schedule and rules. What was recorded is read only.
"""

from django.contrib import admin

from monitor.admin import (  # noqa: F401 # Importing the modules registers their pages.
    alerts,
    api_tokens,
    audit,
    budgets,
    catalog,
    channels,
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

admin.site.add_action(download_csv)
