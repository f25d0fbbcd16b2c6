"""Channels: where merchants get their alerts, without the addresses, which are secrets."""

from django.contrib import admin

from monitor.admin.base import RecordedAdmin
from monitor.models import Channel


@admin.register(Channel)
class ChannelAdmin(RecordedAdmin):
    list_display = ("name", "owner", "kind", "ending", "is_paused", "failing_since", "refused_at", "answer")
    list_filter = ("kind", "is_paused", ("refused_at", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("owner",)
    search_fields = ("name", "owner__email", "answer")
    fields = (
        *("name", "owner", "kind", "ending", "how", "only_urgent", "is_paused", "created_at", "confirmed_at"),
        *("failing_since", "refused_at", "answer"),
    )
