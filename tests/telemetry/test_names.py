"""A log entry names its request, its task and its batch."""

import logging

import pytest
from celery.signals import task_postrun, task_prerun
from django.test import Client
from pytest_django.fixtures import Settings
from structlog.contextvars import get_contextvars

from monitor.models import User
from monitor.tasks import stand_by
from tests.models.factories import ProductFactory
from tests.polling.checking.due import check_due
from tests.provider.servers import ProviderServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def names(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    """What each entry of the log is named by."""
    seen: list[dict[str, object]] = []

    def note(record: logging.LogRecord) -> bool:
        seen.append(get_contextvars())
        return True

    caplog.handler.addFilter(note)
    return seen


def test_a_request_has_an_id_that_only_a_trusted_proxy_may_give(
    client: Client, settings: Settings, merchant: User, names: list[dict[str, object]]
) -> None:
    client.force_login(merchant)
    given = {"X-Request-ID": "0123456789abcdef"}
    address = "/products/1/"
    answer = client.get(address, headers=given)
    assert answer.status_code == 404
    assert answer["X-Request-ID"] != given["X-Request-ID"]
    named = {"method": "GET", "route": "monitor:product", "user": merchant.pk}
    # Of what was answered, and of the missing page.
    assert names == [{"request": answer["X-Request-ID"], **named}] * 2
    settings.TRUST_PROXY = True
    assert client.get(address, headers=given)["X-Request-ID"] == given["X-Request-ID"]
    for forged in ("a\nb", "x" * 200, "<script>"):
        assert client.get(address, headers={"X-Request-ID": forged})["X-Request-ID"] != forged
    assert get_contextvars() == {}


def test_a_task_is_named_until_it_ends() -> None:
    task_prerun.send(stand_by, task_id="t1", task=stand_by)
    assert get_contextvars() == {"task": "monitor.tasks.stand_by", "task_id": "t1"}
    task_postrun.send(stand_by, task_id="t1", task=stand_by)
    assert get_contextvars() == {}


def test_a_batch_is_named_by_its_claim_also_in_the_threads_that_call(
    provider: ProviderServer, names: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    product = ProductFactory.create()
    monkeypatch.setattr("monitor.provider.client.Client.observe", lambda *_, **__: 1 / 0)
    assert check_due()
    product.refresh_from_db()
    assert names
    assert all(len(str(name["batch"])) == 36 for name in names)
    assert get_contextvars() == {}
