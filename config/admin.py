"""The operator's site: Django's admin with the health of the machinery in front.

It stands outside of `monitor.admin`, which registers its pages with it while it is imported.
"""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

#: What the first page shows in which order: what is worked with first, then what is looked up.
GROUPS = (
    (_("People and lists"), ("User", "Invitation", "Watchlist", "Watch", "Import", "Rule", "Group")),
    (_("Alerts and mail"), ("Alert", "Email")),
    (_("The account with the provider"), ("ProviderAccount", "Budget", "UsageDay", "Usage")),
    (_("Products and their past"), ("Product", "Shop", "Change", "Snapshot", "DoubtedReading", "ShopScore", "Outage")),
)


class OperatorSite(AdminSite):
    site_header = site_title = _("Stallwatch")
    index_title = _("Operation")
    # Lists need the whole width; the first page leads everywhere.
    enable_nav_sidebar = False

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [path("health/", self.admin_view(self.health), name="health"), *super().get_urls()]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        from monitor.admin.health import troubles

        context = {"troubles": troubles(timezone.now()), **(extra_context or {})}
        return super().index(request, context)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Django's own has the models by the alphabet; what stands in no group comes last."""
        apps = super().get_app_list(request, app_label)
        if app_label is not None:
            return apps
        models = {model["object_name"]: model for app in apps for model in app["models"]}
        found = [(name, [models.pop(one) for one in names if one in models]) for name, names in GROUPS]
        here = reverse("admin:index")
        groups = [*found, (_("Other"), list(models.values()))]
        return [
            {"name": name, "app_label": f"group-{number}", "app_url": here, "has_module_perms": True, "models": shown}
            for number, (name, shown) in enumerate(groups)
            if shown
        ]

    def health(self, request: HttpRequest) -> HttpResponse:
        from monitor.admin.pages import health

        return health(request, self.each_context(request))

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        from monitor.admin.autocomplete import LabelledSuggestions

        response = LabelledSuggestions.as_view(admin_site=self)(request)
        assert isinstance(response, HttpResponse)
        return response
