"""The addresses that programs of the operator read. They need no session and are answered over
plain http, too."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from prometheus_client import CONTENT_TYPE_LATEST

from monitor.showing.reads.health import GOOD, read_if_possible
from monitor.tasks import connection_fault
from monitor.telemetry.metrics import exposition


def healthz(request: HttpRequest) -> HttpResponse:
    """Say that this process answers."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether this process can answer requests: 503 without the database or with migrations
    missing.

    Anything else is `degraded`: pages work, and taking all web processes away would make an outage
    of a delay. That the broker has no memory left shows only in the workers, which then get no
    tasks."""
    health, verdicts = read_if_possible(timezone.now(), connection_fault())
    is_ready = verdicts["database"].state is GOOD
    is_well = all(verdict.state is GOOD for verdict in verdicts.values())
    told: dict[str, object] = {
        "status": "ready" if is_well else "degraded" if is_ready else "unready",
        "parts": {
            part: {"state": verdict.state, "reason": verdict.reason}
            for part, verdict in verdicts.items()
        },
    }
    if health:
        messages = {row.kind_of_channel: health.age(row.oldest) for row in health.waiting}
        told |= {
            "tick_age_seconds": health.age(health.last_tick_at),
            "oldest_due_check_seconds": health.age(health.due["oldest"]),
            "oldest_due_message_seconds": messages,
            "breaker": {"state": health.polling, "code": health.account.circuit_code},
            "pending_migrations": health.pending_migrations,
        }
    return JsonResponse(told, status=200 if is_ready else 503)


def metrics(request: HttpRequest) -> HttpResponse:
    """Return the metrics in Prometheus' format to callers that send `METRICS_TOKEN`; 404 if it is
    not set."""
    if not settings.METRICS_TOKEN:
        return HttpResponse(status=404)
    if not constant_time_compare(
        request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"
    ):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)


PROBES = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}
