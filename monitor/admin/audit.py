"""The audit log: operators read and export it, and nobody changes it."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from monitor.admin.base import RecordedAdmin, column
from monitor.audit import details_in_words
from monitor.models import AuditEvent
from monitor.text.formatting import NOT_TOLD


def _name(name: str, key: int | None) -> str:
    """A deleted account has no name any more; a visitor has neither name nor key."""
    return name or (NOT_TOLD if key is None else f"#{key}")


@admin.register(AuditEvent)
class AuditEventAdmin(RecordedAdmin):
    list_display = ("at", "kind", "by", "concerns", "subject", "in_words", "network")
    list_filter = ("at", "kind")
    search_fields = ("actor_name", "person_name", "subject")
    search_help_text = _("Address of who did it or of whom it concerns, or name of a watchlist")
    fields = list_display

    by = column(_("by"), lambda event: _name(event.actor_name, event.actor_id), ordering="actor_name")
    concerns = column(_("person"), lambda event: _name(event.person_name, event.person_id), ordering="person_name")
    in_words = column(_("details"), details_in_words)
