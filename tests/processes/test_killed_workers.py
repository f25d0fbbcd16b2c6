"""kill -9 of a worker: no product is lost, nothing is recorded twice, every call is counted."""

import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from monitor.models import Alert, Change, Product, Snapshot, Usage, UsageDay
from tests.processes.conftest import Worker, wait_until
from tests.servers import ProviderServer, item
from tests.story import Story

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_loses_nothing_when_a_worker_is_killed_during_its_calls(
    provider: ProviderServer, start_worker: Callable[[], Worker], send_tick: Callable[[], None]
) -> None:
    story = Story(products=20)
    data_time = int(timezone.now().timestamp())
    Product.objects.update(next_check_at=timezone.now())
    stuck = threading.Event()

    def answer(query: dict[str, str]) -> dict[str, Any]:
        if len(provider.calls) > 10 and not stuck.wait(30):
            raise TimeoutError
        return item(query["num_iid"], data_time)

    provider.default = answer
    doomed = start_worker()
    wait_until(lambda: len(provider.calls) > 10, "the first worker's calls", send_tick)
    doomed.end(signal.SIGKILL)
    stuck.set()

    assert Snapshot.objects.count() == 0
    assert UsageDay.objects.get().reserved == 20
    assert not Usage.objects.exists()

    # Its claim runs out, and the next tick finds the same work.
    Product.objects.filter(claimed_until__isnull=False).update(claimed_until=timezone.now())
    start_worker()
    wait_until(lambda: Snapshot.objects.count() == 20, "the second worker's records", send_tick)
    wait_until(lambda: not Product.objects.filter(claimed_until__isnull=False).exists(), "the second worker's end")
    assert set(Product.objects.values_list("num_iid", "price")) == {(num_iid, 7200) for num_iid in story.num_iids}
    assert (Change.objects.count(), Alert.objects.count()) == (0, 0)
    assert sum(Usage.objects.values_list("calls", flat=True)) == 20
    assert UsageDay.objects.get().reserved == 40 >= len(provider.calls)


def test_two_ticks_and_two_workers_check_each_product_once(
    provider: ProviderServer, start_worker: Callable[[], Worker], send_tick: Callable[[], None]
) -> None:
    Story(products=150)
    data_time = int(timezone.now().timestamp())
    Product.objects.update(next_check_at=timezone.now())
    provider.default = lambda query: item(query["num_iid"], data_time)
    for _ in range(2):
        start_worker()
    send_tick()
    wait_until(lambda: Product.objects.filter(price=7200).count() == 150, "all checks", send_tick)
    assert len(provider.calls) == 150
    assert Snapshot.objects.count() == 150
    assert UsageDay.objects.get().reserved == 150
