"""Load balancers and Prometheus ask without a session, over plain http, by the machine's
address."""

from collections.abc import Callable

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, connections
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django.fixtures import Settings

from monitor.models import Message, Product
from tests.admin.conftest import fill
from tests.models.factories import ProductFactory
from tests.telemetry.conftest import TOKEN

PROBES = ["/healthz", "/readyz", "/metrics"]
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def test_the_process_says_that_it_answers_without_the_database(client: Client) -> None:
    """No mark of this test allows it the database."""
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
@pytest.mark.parametrize("address", PROBES[1:])
def test_it_tells_neither_people_nor_products_nor_secrets(
    client: Client, settings: Settings, address: str
) -> None:
    fill(3)
    ProductFactory.create(title="A canary's shirt")
    body = client.get(address, headers=BEARER).content.decode()
    emails = get_user_model().objects.values_list("email", flat=True)
    secrets = [settings.SECRET_KEY, settings.PROVIDER_KEY, settings.PROVIDER_SECRET, TOKEN]
    ids = Product.objects.values_list("num_iid", flat=True)
    told = [
        *emails,
        *secrets,
        *ids,
        "canary",
        *Message.objects.exclude(address="").values_list("address", flat=True),
    ]
    assert not [text for text in told if text in body]


@pytest.fixture
def database_gone(monkeypatch: pytest.MonkeyPatch, django_db_blocker: object) -> None:
    """The database's server does not listen: a real connection is refused."""
    connections["default"].close()
    if connection.vendor == "postgresql":
        monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    else:
        monkeypatch.setitem(connection.settings_dict, "NAME", "/nowhere/at/all.sqlite3")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("database_gone")
def test_without_the_database_it_is_not_ready(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/json")
    assert answer.json()["status"] == "unready"
    assert answer.json()["parts"]["database"] == {"state": "bad", "reason": "unreachable"}
    assert answer.json()["parts"]["broker"]["state"] == "good"
    assert (
        'stallwatch_health_severity{part="database"} 3.0'
        in client.get("/metrics", headers=BEARER).content.decode()
    )


@pytest.mark.django_db
def test_with_missing_migrations_it_is_not_ready(client: Client) -> None:
    recorder = MigrationRecorder(connection)
    newest = recorder.migration_qs.filter(app="monitor").latest("pk").name
    recorder.record_unapplied("monitor", newest)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"]["database"] == {"state": "bad", "reason": "migrations_missing"}


@pytest.mark.django_db
def test_metrics_are_closed_without_a_token(client: Client, settings: Settings) -> None:
    for given in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Bearer {TOKEN}x"}):
        assert client.get("/metrics", headers=given).status_code == 401
    settings.METRICS_TOKEN = ""
    for given in ({}, {"Authorization": "Bearer "}, BEARER):
        assert client.get("/metrics", headers=given).status_code == 404


@pytest.mark.django_db
def test_requests_are_counted_by_page_and_status(
    client: Client, scrape: Callable[[], dict[str, float]]
) -> None:
    names = [
        "stallwatch_http_requests_total{page=monitor:login}{status=200}",
        "stallwatch_http_requests_total{page=none}{status=404}",
        "stallwatch_http_request_duration_seconds_count{page=monitor:login}",
    ]
    before = scrape()
    client.get("/login/")
    client.get("/no/such/page/of/anybody/")
    after = scrape()
    assert [after[name] - before.get(name, 0) for name in names] == [1, 1, 1]
    assert "anybody" not in str(after)
