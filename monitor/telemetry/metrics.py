"""The metrics for Prometheus.

What the database knows is read when Prometheus asks: every web process tells the same, and workers
need no port. Only requests are counted in the processes; gunicorn's workers share a folder for them
(`gunicorn.conf.py`)."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone
from prometheus_client import (
    CollectorRegistry,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
    values,
)
from prometheus_client import Counter as Total
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from monitor.models import Charge, Product, Usage
from monitor.models.usage import PARTS, provider_day
from monitor.showing.reads.health import POLLING, WAITS, Health, read_if_possible
from monitor.tasks import connection_fault, queue_lengths

#: Of how many products, those that were checked last, the outcomes are counted.
RECENT_CHECKS = 1000
_OF_TASKS = {
    "runs": "Runs of tasks that ended, not those that were killed.",
    "failures": "Those that ended by an error.",
    "seconds": "How long the runs took.",
}

if number := os.environ.get("WORKER_NUMBER"):
    values.ValueClass = values.MultiProcessValue(lambda: number)  # type: ignore[no-untyped-call]
requests = Total(
    "stallwatch_http_requests", "Requests by page and status.", ["page", "status"], registry=None
)
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
    PlatformCollector(registry)
    # Of gunicorn's first process: its workers come and go.
    ProcessCollector(
        pid=os.getppid if "WORKER_NUMBER" in os.environ else os.getpid, registry=registry
    )
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(requests)
        registry.register(request_seconds)
    return generate_latest(registry)


class _Facts(Collector):
    def collect(self) -> Iterator[Metric]:
        """Read the facts of health, and the ledger. At most 22 queries."""
        yield _gauge("build_info", "1 for the version that runs.", {settings.VERSION: 1}, "version")
        fault = connection_fault()
        health, verdicts = read_if_possible(timezone.now(), fault)
        severities = {part: verdict.state.severity for part, verdict in verdicts.items()}
        text = "Health by part: 0 good, 1 too early to say, 2 warning, 3 bad."
        yield _gauge("health_severity", text, severities, "part")
        queues = {} if fault else queue_lengths()
        yield _gauge("queue_messages", "Messages that wait in the broker.", queues, "queue")
        if health:
            yield from _facts(health)


def _gauge(name: str, text: str, values: Mapping[Any, float] | float, *labels: str) -> Metric:
    """Return a gauge with one value, or with one for each value of its label, or tuple of values of
    its labels."""
    if not isinstance(values, Mapping):
        return GaugeMetricFamily(f"stallwatch_{name}", text, value=values)
    metric = GaugeMetricFamily(f"stallwatch_{name}", text, labels=labels)
    for key, value in values.items():
        metric.add_metric(key if isinstance(key, tuple) else [key], value)
    return metric


def _facts(health: Health) -> Iterator[Metric]:
    due, states = health.due, {state: float(state == health.polling) for state in POLLING}
    newest = Product.objects.watched().filter(checked_at__isnull=False).by_last_check()
    outcomes = Counter(newest.values_list("last_outcome", flat=True)[:RECENT_CHECKS])
    yield _gauge(
        "polling_state", "1 for the state that the calls to the provider are in.", states, "state"
    )
    yield _gauge("products_watched", "Watched products.", health.watched)
    yield _gauge(
        "products_failing",
        "Watched products that fail, by last outcome.",
        health.failing,
        "outcome",
    )
    yield _gauge("products_in_doubt", "Products with an odd reading.", health.in_doubt)
    yield _gauge(
        "checks_recent", f"The newest {RECENT_CHECKS} checks by outcome.", outcomes, "outcome"
    )
    waiting = {"0": due["count"], **{str(wait): due[f"longer_than_{wait}"] for wait in WAITS}}
    yield _gauge(
        "checks_waiting", "Due checks that have waited longer, in seconds.", waiting, "longer_than"
    )
    oldest = health.age(due["oldest"]) or 0
    yield _gauge("checks_late", "Due checks that have waited too long.", due["late"])
    yield _gauge("check_longest_wait_seconds", "How long the oldest due check has waited.", oldest)

    calls = CounterMetricFamily(
        "stallwatch_provider_calls", "Calls to the provider.", labels=["code", "billing"]
    )
    seconds = CounterMetricFamily(
        "stallwatch_provider_call_seconds", "How long they took.", labels=["code", "billing"]
    )
    by_code = Usage.objects.values_list("code", "billing").annotate(
        n=Sum("calls"), took=Sum("seconds")
    )
    for code, billing, count, took in by_code.order_by():
        calls.add_metric([code, billing], count)
        seconds.add_metric([code, billing], took)
    yield from (calls, seconds)
    charges = (
        Charge.objects.filter(day=provider_day(health.now))
        .values_list("reason")
        .annotate(n=Sum("parts"))
    )
    charged = {reason: parts / PARTS for reason, parts in charges.order_by()}
    needs = health.fit.needs if health.fit else 0
    yield _gauge(
        "charged_calls_today",
        "Calls of the provider's day that people are charged.",
        charged,
        "reason",
    )
    yield _gauge("budget_calls", "The calls of the provider's day.", health.budget.calls)
    yield _gauge("budget_calls_left", "Those that are left.", health.calls_left.of_day)
    yield _gauge("plan_needed_calls", "Calls a day that the watchlists need at least.", needs)

    pending = {row.kind_of_channel: row.pending for row in health.waiting}
    overdue = {row.kind_of_channel: row.overdue for row in health.waiting}
    waits = {row.kind_of_channel: health.age(row.oldest) or 0 for row in health.waiting}
    written = {(row.kind_of_channel, row.status): row.number for row in health.written}
    yield _gauge("messages_pending", "Messages that are not sent yet.", pending, "kind")
    yield _gauge("messages_overdue", "Messages that should have been sent.", overdue, "kind")
    yield _gauge(
        "message_longest_wait_seconds", "How long the oldest due message has waited.", waits, "kind"
    )
    yield _gauge("messages_week", "Messages of seven days.", written, "kind", "status")
    yield _gauge("channels_refused", "Channels that take no messages.", health.refused_channels)

    for figure, text in _OF_TASKS.items():
        ended = CounterMetricFamily(f"stallwatch_task_{figure}", text, labels=["task", "worker"])
        for worker in health.workers:
            ended.add_metric([worker.work, worker.worker], getattr(worker, figure))
        yield ended
    alive = {
        (worker.worker, "checks" if worker.is_of_checks else "upkeep") for worker in health.alive
    }
    counts = {"checks": 0, "upkeep": 0, **Counter(work for _worker, work in alive)}
    tick = health.last_tick_at.timestamp() if health.last_tick_at else 0
    yield _gauge("workers_alive", "Workers that send heartbeats in time, by work.", counts, "work")
    yield _gauge("last_tick_timestamp_seconds", "When beat's last tick ran, or 0.", tick)
