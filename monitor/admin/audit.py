"""The audit log: operators read and export it, and nobody changes it."""

from typing import Any

from django.contrib import admin
from django.db.models import BigIntegerField, Case, EmailField, OuterRef, QuerySet, Subquery, When
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from monitor.admin.base import RecordedAdmin, column
from monitor.audit import details_in_words
from monitor.models import AuditEvent, Invitation
from monitor.text.formatting import NOT_TOLD


def _name(name: str, key: int | None) -> str:
    """Return the name or, for a deleted account, the key. A visitor has neither."""
    return name or (NOT_TOLD if key is None else f"#{key}")


@admin.register(AuditEvent)
class AuditEventAdmin(RecordedAdmin):
    list_display = ("at", "kind", "by", "concerns", "subject", "in_words", "network")
    list_filter = ("at", "kind")
    search_fields = ("actor_name", "person_name", "subject")
    search_help_text = _("User's e-mail or watchlist")
    fields = list_display

    by = column(
        _("by"), lambda event: _name(event.actor_name, event.actor_id), ordering="actor_name"
    )
    concerns = column(
        _("user"), lambda event: _name(event.person_name, event.person_id), ordering="person_name"
    )
    in_words = column(
        _("details"), lambda event: details_in_words(event, row_name=event.invited or "")
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Add the invited address, which is not in the log: it is deleted with the invitation."""
        invitations = Invitation.objects.filter(
            pk=Cast(OuterRef("details__key"), BigIntegerField())
        )
        address = Subquery(invitations.values("email"))
        is_one = When(details__model=Invitation._meta.label_lower, then=address)
        invited = Case(is_one, output_field=EmailField())
        events: QuerySet[Any] = super().get_queryset(request).annotate(invited=invited)
        return events
