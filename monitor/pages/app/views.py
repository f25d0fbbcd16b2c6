"""The web app manifest, the service worker, and the page that it shows without a connection. All of
them are public."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

ICON_SIZES = (192, 512)


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """Describe the site to phones that install it. Shared text opens the page that adds products,
    in its box."""
    raster = [
        # Round masks cut off nothing but background.
        {
            "src": static(f"icon-{size}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": "any maskable",
        }
        for size in ICON_SIZES
    ]
    share = {
        "action": reverse("monitor:add"),
        "method": "GET",
        "enctype": "application/x-www-form-urlencoded",
    }
    return JsonResponse(
        {
            "id": "/",
            "name": _("Stallwatch"),
            "short_name": _("Stallwatch"),
            "lang": get_language(),
            "start_url": reverse("monitor:today"),
            "scope": "/",
            "display": "standalone",
            "background_color": "#f5f6fa",
            "theme_color": "#3650c7",
            "icons": [
                *raster,
                {"src": static("favicon.svg"), "sizes": "any", "type": "image/svg+xml"},
            ],
            "share_target": share | {"params": {name: name for name in ("title", "text", "url")}},
        },
        content_type="application/manifest+json",
    )


@never_cache
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """Serve the worker at the root: it serves only pages below its own address."""
    return render(request, "app/sw.js", content_type="text/javascript")


@never_cache
@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """Render the page without the request, and so without a user: the browser keeps it for every
    user."""
    return HttpResponse(render_to_string("app/offline.html"))
