"""The sandbox over HTTP, with the provider's URLs: `<platform>/<api>/?key=…&secret=…`, below
`/sandbox/`."""

import json
from collections import Counter
from datetime import date

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_GET

from monitor.provider import sandbox
from monitor.provider.codes import NOT_FOUND, SUCCESS
from monitor.provider.sandbox.catalogue import product_of
from monitor.provider.sandbox.chance import draw
from monitor.provider.sandbox.market import BEIJING
from monitor.provider.sandbox.protocol import PLATFORM, GatewayCall, failure_reply, reply

#: Billed calls of each day (UTC+8) in this process alone: that is exact enough for a sandbox.
billed_calls: Counter[date] = Counter()


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Document which IDs do what."""
    return HttpResponse(sandbox.__doc__, content_type="text/plain; charset=utf-8")


@require_GET
@never_cache
def gateway(request: HttpRequest, platform: str, api: str) -> HttpResponse:
    """Answer one call as the provider's gateway would, without reading a session or writing a
    row."""
    now = timezone.now()
    day = now.astimezone(BEIJING).date()
    params = request.GET.dict()
    name = api if platform == PLATFORM else f"{platform}/{api}"
    call = GatewayCall(name, params, now, billed_calls[day], settings.PROVIDER_DAILY_CALLS)
    is_admitted = (params.get("key"), params.get("secret")) == (
        settings.PROVIDER_KEY,
        settings.PROVIDER_SECRET,
    )
    # The real gateway repeats the caller's key in its reason; the client must cut it out.
    payload = (
        reply(call) if is_admitted else failure_reply(call, "4005", f"key:{params.get('key', '')}")
    )
    if payload["error_code"] in {SUCCESS, NOT_FOUND}:
        billed_calls[day] += 1
    body = json.dumps(
        payload, ensure_ascii=params.get("result_type") != "jsonu", separators=(",", ":")
    )
    return HttpResponse(body, content_type="application/json; charset=utf-8")


@require_GET
@cache_control(max_age=86400)
def picture(request: HttpRequest, number: int) -> HttpResponse:
    """Draw the product with that ID."""
    outline = product_of(str(number)[:19]).seller.category.outline
    context = {"outline": outline, "hue": int(360 * draw(number, "hue"))}
    return render(request, "sandbox/picture.svg", context, content_type="image/svg+xml")


urlpatterns = [
    path("", index, name="sandbox"),
    path("pictures/<int:number>.svg", picture, name="sandbox-picture"),
    path("<slug:platform>/<slug:api>/", gateway, name="sandbox-gateway"),
]
