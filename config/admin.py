"""The operator's site: Django's admin, with the health of the system on its first page.

It is not in `monitor.admin`, because that registers its pages with this site while it is imported.
"""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, cast

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

#: The models on the first page: first those that operators work with, then those to look up.
GROUPS = (
    (
        _("Users and watchlists"),
        (
            "User",
            "Invitation",
            "Watchlist",
            "Watch",
            "Follow",
            "Import",
            "Group",
            "AuditEvent",
        ),
    ),
    (_("Alerts and messages"), ("Alert", "Message", "Channel", "ApiToken")),
    (_("Provider and usage"), ("ProviderAccount", "Budget", "Usage", "Charge")),
    (
        _("Products and history"),
        (
            "Product",
            "Shop",
            "Change",
            "Snapshot",
            "Outage",
        ),
    ),
)

#: Django's words, which our catalogue translates otherwise.
DJANGOS = (gettext_noop("Welcome,"), gettext_noop("Run"), gettext_noop("0 of %(cnt)s selected"))


class OperatorSite(AdminSite):
    site_header = site_title = _("Stallwatch")
    index_title = _("Operation")
    # Lists need the whole width, and the first page links everywhere.
    enable_nav_sidebar = False

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [path("health/", self.admin_view(self.health), name="health"), *super().get_urls()]

    def admin_view[View: Callable[..., HttpResponseBase]](
        self, view: View, cacheable: bool = False
    ) -> View:
        """Ask operators for a second factor or their password where needed, except for logging
        out."""
        djangos = super().admin_view(view, cacheable)

        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            from monitor.people.proof import next_step

            is_operator = self.has_permission(request) and request.path != reverse(
                "admin:logout", current_app=self.name
            )
            step = next_step(request) if is_operator else None
            return djangos(request, *args, **kwargs) if step is None else step

        return cast("View", update_wrapper(checked, djangos))

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        from monitor.admin.health import troubles

        context = {"troubles": troubles(), **(extra_context or {})}
        return super().index(request, context)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Django sorts the models by name; here they are in `GROUPS`, and all others come last."""
        apps = super().get_app_list(request, app_label)
        if app_label is not None:
            return apps
        models = {model["object_name"]: model for app in apps for model in app["models"]}
        grouped = [
            (title, [models.pop(name) for name in names if name in models])
            for title, names in GROUPS
        ]
        here = reverse("admin:index")
        groups = [*grouped, (_("Other"), list(models.values()))]
        return [
            {
                "name": name,
                "app_label": f"group-{number}",
                "app_url": here,
                "has_module_perms": True,
                "models": shown,
            }
            for number, (name, shown) in enumerate(groups)
            if shown
        ]

    def health(self, request: HttpRequest) -> HttpResponse:
        from monitor.admin.health_page import health

        return health(request, self.each_context(request))
