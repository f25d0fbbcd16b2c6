"""The root URLs: the admin, the API, the monitor's pages, and the sandbox if it is on."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from monitor.api import api
from monitor.pages.door import views as accounts
from monitor.urls import allauth_urlpatterns

urlpatterns: list[URLPattern | URLResolver] = [
    # One login for all users: the admin's own login would need the same protection again.
    path("admin/login/", accounts.to_login),
    path("admin/password_change/", RedirectView.as_view(pattern_name="monitor:settings")),
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
    path("", include("monitor.urls")),
    path("", include(allauth_urlpatterns)),
]

handler400 = "monitor.pages.shared.dead_ends.bad_request"

if settings.PROVIDER_SANDBOX:
    urlpatterns.insert(0, path("sandbox/", include("monitor.provider.sandbox.views")))
