"""The sandbox's addresses, mounted at `/sandbox/` where no real account is configured."""

from django.urls import path

from monitor.sandbox.views import gateway

urlpatterns = [path("<slug:platform>/<slug:api>/", gateway, name="sandbox-gateway")]
