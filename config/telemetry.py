"""Sentry and OpenTelemetry: nothing of them is imported unless their variable is set.

All that is sent goes through the redaction of the logs. If a package is missing, a system check
says what to do."""

import re
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from django.conf import settings
from structlog.contextvars import get_contextvars

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter

#: By the variable that asks for it: a module, and the extra of `pyproject.toml` that has it.
OPTIONAL = {
    "SENTRY_DSN": ("sentry_sdk", "sentry"),
    # Its API is always installed: `mcp` needs it.
    "OTEL_EXPORTER_OTLP_ENDPOINT": ("opentelemetry.sdk", "otel"),
}

#: What a span has that holds no text of ours.
_HARMLESS = (
    "context",
    "parent",
    "resource",
    "kind",
    "instrumentation_scope",
    "start_time",
    "end_time",
)
#: Where people are.
_PERSONAL = {"net.peer.ip", "http.client_ip", "client.address", "network.peer.address"}
#: Parts of addresses as both name them.
_PATHS = {"http.target", "http.query", "http.fragment", "url.path", "url.query", "url.fragment"}
_SCHEME_AND_HOST = re.compile(r"(\w+://[^\s/?#'\"]+)[^\s'\"]*")


def start() -> None:
    """Start what is configured and installed. Call it when the apps are ready."""
    if settings.SENTRY_DSN and find_spec("sentry_sdk"):
        _start_sentry()
    if settings.OTEL_EXPORTER_OTLP_ENDPOINT and find_spec("opentelemetry.sdk"):
        _start_tracing()


def _start_sentry() -> None:
    import sentry_sdk

    sentry_sdk.init(
        settings.SENTRY_DSN,
        send_default_pii=False,
        # Locals and bodies may hold anything that people typed.
        include_local_variables=False,
        max_request_body_size="never",
        before_send=_scrubbed,
        before_send_transaction=_scrubbed,
    )


def _scrubbed(event: Any, _hint: Any) -> Any:
    """Return an event without secrets, with the IDs that the log has."""
    for part in ("cookies", "headers", "env", "data", "query_string"):
        event.get("request", {}).pop(part, None)
    event["tags"] = {**event.get("tags", {}), **get_contextvars()}
    crumbs = event.get("breadcrumbs", {}).get("values", [])
    crumbs[:] = [_cut(crumb) if crumb.get("category") == "httplib" else crumb for crumb in crumbs]
    return settings.REDACTION.tree(event)


def _cut(call: Any) -> Any:
    """Return what is told of a call to another site, without paths: those of users' channels are
    secrets."""
    if isinstance(call, dict):
        return {name: _cut(value) for name, value in call.items() if name not in _PATHS}
    return _SCHEME_AND_HOST.sub(r"\1", call) if isinstance(call, str) else call


def _start_tracing() -> None:
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.celery import CeleryInstrumentor
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": "stallwatch"}))
    provider.add_span_processor(BatchSpanProcessor(_scrubbing(OTLPSpanExporter())))
    trace.set_tracer_provider(provider)
    DjangoInstrumentor().instrument()
    CeleryInstrumentor().instrument()  # type: ignore[no-untyped-call]


def _scrubbing(exporter: "SpanExporter") -> "SpanExporter":
    """Let an exporter send copies of spans that hold no secret."""
    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.trace import SpanKind, Status

    send, redaction = exporter.export, settings.REDACTION

    def attributes(of: "ReadableSpan | Event") -> dict[str, Any]:
        return {
            name: value for name, value in (of.attributes or {}).items() if name not in _PERSONAL
        }

    def scrubbed(span: "ReadableSpan") -> "ReadableSpan":
        def redacted(value: Any) -> Any:
            return redaction.tree(_cut(value) if span.kind is SpanKind.CLIENT else value)

        return ReadableSpan(
            redacted(span.name),
            attributes=redacted(attributes(span)),
            events=[
                Event(event.name, redacted(attributes(event)), event.timestamp)
                for event in span.events
            ],
            status=Status(span.status.status_code, redacted(span.status.description)),
            **{name: getattr(span, name) for name in _HARMLESS},
        )

    exporter.export = lambda spans: send([scrubbed(span) for span in spans])  # type: ignore[method-assign]
    return exporter
