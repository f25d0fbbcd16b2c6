"""The operator's pages: the watchlists of many merchants, the outbox, the ledger, and the history as evidence.

What people ask for goes through `monitor.watchlists`, so that schedule and rules follow; what was recorded is shown
and never edited.
"""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from monitor.admin import alerts, catalog, history, usage, users, watches, watchlists
from monitor.admin.autocomplete import LabelledSuggestions

__all__ = ["alerts", "catalog", "history", "usage", "users", "watches", "watchlists"]

admin.site.site_header = _("Stallwatch")
admin.site.site_title = _("Stallwatch")
admin.site.index_title = _("Operation")
# The site offers no hook for it; its URLs are made from this attribute.
admin.site.autocomplete_view = LabelledSuggestions.as_view(admin_site=admin.site)  # type: ignore[assignment,method-assign]
