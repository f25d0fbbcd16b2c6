"""The top of the URLs: admin, language switch, the monitor's pages, and the sandbox while no real key is set."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("monitor.urls")),
]

if settings.PROVIDER_SANDBOX:
    urlpatterns.insert(0, path("sandbox/", include("monitor.sandbox.urls")))
