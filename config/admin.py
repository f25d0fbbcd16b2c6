"""The operator's site: Django's admin with the health of the machinery in front.

It stands outside of `monitor.admin`, which registers its pages with it while it is imported.
"""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


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

    def health(self, request: HttpRequest) -> HttpResponse:
        from monitor.admin.pages import health

        return health(request, self.each_context(request))

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        from monitor.admin.autocomplete import LabelledSuggestions

        response = LabelledSuggestions.as_view(admin_site=self)(request)
        assert isinstance(response, HttpResponse)
        return response
