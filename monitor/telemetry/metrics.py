"""The metrics for Prometheus.

What the database knows is read when Prometheus asks: every web process tells the same, and workers need no port. Only
requests are counted in the processes; gunicorn's workers share a folder for them (`gunicorn.conf.py`).
"""

import os
from collections.abc import Iterator

from django.db.models import Sum
from django.utils import timezone
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from monitor.models import Charge, Product, Usage
from monitor.models.usage import PARTS, provider_day
from monitor.reads.health import WAITS, Health, read_if_possible
from monitor.tasks import broker_fault, queue_lengths

#: Of how many products, those that were checked last, the outcomes are counted.
RECENT_CHECKS = 1000
POLLING = ("running", "paused", "halted", "circuit_open", "no_room")

requests = Counter("stallwatch_http_requests", "Requests by page and status.", ["page", "status"], registry=None)
request_seconds = Histogram(
    "stallwatch_http_request_duration_seconds",
    "How long requests take, by page.",
    ["page"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 2, 5, 15),
    registry=None,
)


def observe_request(page: str, status: int, seconds: float) -> None:
    """Count one request. `page` is its route's name: few, whatever addresses people try."""
    requests.labels(page, status).inc()
    request_seconds.labels(page).observe(seconds)


def exposition() -> bytes:
    """Return all metrics in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Facts())
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)
    else:
        registry.register(requests)
        registry.register(request_seconds)
    return generate_latest(registry)


class _Facts(Collector):
    def collect(self) -> Iterator[Metric]:
        """Read the facts of health, and the ledger. At most 22 queries."""
        fault = broker_fault()
        health, verdicts = read_if_possible(timezone.now(), fault)
        severities = {part.value: verdict.state.severity for part, verdict in verdicts.items()}
        yield _gauge(
            "health_severity", "Health by part: 0 good, 1 too early to say, 2 warning, 3 bad.", severities, "part"
        )
        queues = {} if fault else queue_lengths()
        yield _gauge("queue_messages", "Messages that wait in the broker.", queues, "queue")
        if health:
            yield from _checks(health)
            yield from _calls(health)
            yield from _messages(health)
            yield from _workers(health)


def _gauge(name: str, text: str, values: dict[str, float] | float, label: str = "") -> Metric:
    """Return a gauge with one value, or with one for each value of its label."""
    if not isinstance(values, dict):
        return GaugeMetricFamily(f"stallwatch_{name}", text, value=values)
    metric = GaugeMetricFamily(f"stallwatch_{name}", text, labels=[label])
    for key, value in values.items():
        metric.add_metric([key], value)
    return metric


def _checks(health: Health) -> Iterator[Metric]:
    due, states = health.due, {state: float(state == health.polling) for state in POLLING}
    within = [*zip(map(str, WAITS), due.within, strict=True), ("+Inf", due.count)]
    newest = Product.objects.watched().by_last_check()
    outcomes: dict[str, float] = {}
    for outcome in newest.filter(checked_at__isnull=False).values_list("last_outcome", flat=True)[:RECENT_CHECKS]:
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    yield _gauge("polling_state", "1 for the state that the calls to the provider are in.", states, "state")
    yield _gauge("products_watched", "Watched products.", health.watched)
    yield _gauge("products_failing", "Watched products that fail, by last outcome.", dict(health.failing), "outcome")
    yield _gauge("products_in_doubt", "Products with an odd reading.", health.in_doubt)
    yield _gauge("checks_recent", f"The newest {RECENT_CHECKS} checks by outcome.", outcomes, "outcome")
    text = "How long the checks that are due now have waited: a distribution of this moment, so no counter."
    yield HistogramMetricFamily("stallwatch_check_wait_seconds", text, within)
    yield _gauge("checks_late", "Due checks that have waited too long.", due.late)
    yield _gauge("check_longest_wait_seconds", "How long the oldest due check has waited.", health.age(due.oldest) or 0)


def _calls(health: Health) -> Iterator[Metric]:
    calls = CounterMetricFamily("stallwatch_provider_calls", "Calls to the provider.", labels=["code", "billing"])
    for code, billing, count in Usage.objects.values_list("code", "billing").annotate(n=Sum("calls")).order_by():
        calls.add_metric([code, billing], count)
    yield calls
    charges = Charge.objects.filter(day=provider_day(health.now)).values_list("reason").annotate(n=Sum("parts"))
    charged = {reason: parts / PARTS for reason, parts in charges.order_by()}
    yield _gauge("charged_calls_today", "Calls of the provider's day that people are charged.", charged, "reason")
    yield _gauge("budget_calls", "The calls of the provider's day.", health.budget.calls)
    yield _gauge("budget_calls_left", "Those that are left.", health.calls_left.of_day)
    if health.fit and health.fit.fitted_at:
        yield _gauge("plan_needed_calls", "Calls a day that the watchlists need at least.", health.fit.needs)
        yield _gauge("plan_timestamp_seconds", "When the checks were planned.", health.fit.fitted_at.timestamp())


def _messages(health: Health) -> Iterator[Metric]:
    pending, overdue, waits = {}, {}, {}
    for waiting in health.waiting:
        pending[waiting.kind], overdue[waiting.kind] = waiting.pending, waiting.overdue
        waits[waiting.kind] = health.age(waiting.oldest) or 0
    yield _gauge("messages_pending", "Messages that are not sent yet.", pending, "kind")
    yield _gauge("messages_overdue", "Messages that should have been sent.", overdue, "kind")
    yield _gauge("message_longest_wait_seconds", "How long the oldest due message has waited.", waits, "kind")
    written = GaugeMetricFamily("stallwatch_messages_week", "Messages of seven days.", labels=["kind", "status"])
    for row in health.written:
        written.add_metric([row.kind, row.status], row.count)
    yield written
    yield _gauge("channels_refused", "Channels that take no messages.", health.refused_channels)


def _workers(health: Health) -> Iterator[Metric]:
    alive = {True: set[str](), False: set[str]()}
    for worker in health.alive:
        alive[worker.is_of_checks].add(worker.worker)
    counts = {"checks": len(alive[True]), "upkeep": len(alive[False])}
    yield _gauge("workers_alive", "Workers that send heartbeats in time, by work.", counts, "work")
    tick = health.last_tick_at.timestamp() if health.last_tick_at else 0
    yield _gauge("last_tick_timestamp_seconds", "When beat's last tick ran, or 0.", tick)
