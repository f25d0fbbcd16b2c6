"""Three doors to the same facts: the admin's page Health, /readyz and /metrics."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import Settings

from monitor.polling.recording.heartbeat import beat
from monitor.showing.reads import health

TOKEN = "a-token-of-prometheus"


@pytest.fixture(autouse=True)
def _token(settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN


@pytest.fixture(autouse=True)
def _has_run_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "STARTED_AT", timezone.now() - timedelta(hours=1))


@pytest.fixture
def workers_run(db: None) -> None:
    """Record heartbeats of both workers of the Procfile."""
    beat("checks@host", "stand_by", timezone.now())
    beat("upkeep@host", "tick", timezone.now())


@pytest.fixture
def scrape(client: Client) -> Callable[[], dict[str, float]]:
    """Returns the samples of /metrics, by their names with labels."""

    def samples() -> dict[str, float]:
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        return {
            sample.name
            + "".join(f"{{{name}={value}}}" for name, value in sample.labels.items()): sample.value
            for family in text_string_to_metric_families(answer.content.decode())
            for sample in family.samples
        }

    return samples
