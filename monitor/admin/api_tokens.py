"""API tokens: who has made which, and the end of one. Their secrets are stored
nowhere."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from monitor.accounts.api_tokens import end_token
from monitor.admin.auditing import log
from monitor.admin.base import EVERYWHERE, RecordedAdmin, chunks
from monitor.models import ApiToken


@admin.register(ApiToken)
class ApiTokenAdmin(RecordedAdmin):
    list_display = (
        "name",
        "last_four",
        "user",
        "scope",
        "watchlist",
        "last_used_at",
        "expires_at",
        "ended_at",
    )
    list_filter = ("scope", ("ended_at", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("user", "watchlist")
    search_fields = ("name", "user__email")
    actions = ("end",)
    fields = (*list_display[:5], "created_at", *list_display[5:])

    def has_end_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("monitor.change_apitoken")

    @admin.action(description=_("End"), permissions=["end"], location=EVERYWHERE)
    def end(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        now, count = timezone.now(), 0
        for chunk in chunks(queryset.filter(ended_at__isnull=True)):
            log(request, chunk, gettext("Ended."))
            for token in chunk.select_related("user"):
                end_token(token, now)
                count += 1
        text = ngettext("%(count)d token ended.", "%(count)d tokens ended.", count)
        self.message_user(
            request, text % {"count": count}, messages.SUCCESS if count else messages.WARNING
        )
