"""The sandbox over HTTP, at the addresses the provider has: `<platform>/<api>/?key=…&secret=…`."""

from threading import Lock

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from monitor.provider.codes import Billing, look_up
from monitor.sandbox import protocol
from monitor.sandbox.festivals import day_of
from monitor.sandbox.world import shared_world


class CallCounter:
    """Billed calls since midnight (UTC+8), in this process only.

    Roughly right is enough for a stand-in: it starts again with the process, several web processes each count their
    own, and calls that overlap may see the same count.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._day = 0
        self._calls = 0

    def today(self, day: int) -> int:
        """Calls counted on local day `day`."""
        with self._lock:
            return self._calls if day == self._day else 0

    def add(self, day: int) -> None:
        """Count one more on `day`."""
        with self._lock:
            self._calls = self._calls + 1 if day == self._day else 1
            self._day = day


calls = CallCounter()


@require_GET
@never_cache
def gateway(request: HttpRequest, platform: str, api: str) -> HttpResponse:
    """Answer one call as the provider's gateway would. Reads no session, writes no row."""
    now = timezone.now()
    day = day_of(int(now.timestamp()))
    account = protocol.Account(settings.PROVIDER_KEY, settings.PROVIDER_SECRET, settings.PROVIDER_DAILY_CALLS)
    name = api if platform == protocol.PLATFORM else f"{platform}/{api}"
    code, body = protocol.answer(name, request.GET.dict(), now, shared_world(), calls.today(day), account)
    if look_up(code).billing is Billing.BILLED:
        calls.add(day)
    return HttpResponse(body, content_type="application/json; charset=utf-8")
