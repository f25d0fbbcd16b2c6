"""The web app manifest: phones install the site by it, and offer it where products are shared."""

from django.http import HttpRequest, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

ICON_SIZES = (192, 512)


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """What is shared opens the page that adds products, with the shared text in its box."""
    raster = [
        {"src": static(f"icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"} for size in ICON_SIZES
    ]
    share = {"action": reverse("monitor:add"), "method": "GET"}
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
            "icons": [*raster, {"src": static("favicon.svg"), "sizes": "any", "type": "image/svg+xml"}],
            "share_target": share | {"params": {name: name for name in ("title", "text", "url")}},
        },
        content_type="application/manifest+json",
    )
