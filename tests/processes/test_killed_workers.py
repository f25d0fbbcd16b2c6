"""Workers that are killed or told to end: no product is lost, nothing is recorded twice, every call
is counted."""

import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from monitor.models import Alert, Budget, Change, Charge, Product, Snapshot, Usage, UsageDay
from monitor.models.usage import PARTS
from monitor.polling.checking.batch import ROUNDS
from tests.polling.story import Story
from tests.processes.conftest import ONE_FOR_ALL, Worker, wait_until
from tests.provider.servers import ProviderServer, item

pytestmark = pytest.mark.django_db(transaction=True)
MANY_CALLS = 1_000_000


@pytest.mark.parametrize("broker", ["TEST_REDIS_URL", "TEST_AMQP_URL"], indirect=True)
def test_it_loses_nothing_when_a_worker_is_killed_during_its_calls(
    provider: ProviderServer, start_worker: Callable[[], Worker], send_tick: Callable[[], None]
) -> None:
    story = Story(products=300)
    # Enough also in the first minutes of the provider's day.
    Budget.objects.create(calls=MANY_CALLS, begins_at=timezone.now() - timedelta(days=1))
    data_time = int(timezone.now().timestamp())
    Product.objects.update(next_check_at=timezone.now())
    stuck = threading.Event()
    counted = ROUNDS * 4  # The worker has four threads.

    def answer(query: dict[str, str]) -> dict[str, Any]:
        if len(provider.calls) > 10 and not stuck.wait(30):
            raise TimeoutError
        return item(query["num_iid"], data_time) | {"api_info": f"today:0 max:{MANY_CALLS}"}

    provider.default = answer
    doomed = start_worker()
    wait_until(lambda: len(provider.calls) > 10, "the first worker's calls", send_tick)
    doomed.end(signal.SIGKILL)
    stuck.set()

    assert Snapshot.objects.count() == 0
    assert UsageDay.objects.get().reserved == counted
    assert not Usage.objects.exists()

    # Its claim runs out within a minute, and the next tick finds the same work.
    claimed = Product.objects.filter(claimed_until__isnull=False)
    assert claimed.update(claimed_until=F("claimed_until") - timedelta(minutes=1)) == counted
    assert not claimed.claimed(timezone.now()).exists()
    start_worker()
    wait_until(lambda: Snapshot.objects.count() == 300, "the second worker's records", send_tick)
    wait_until(
        lambda: not Product.objects.filter(claimed_until__isnull=False).exists(),
        "the second worker's end",
    )
    assert set(Product.objects.values_list("num_iid", "price")) == {
        (num_iid, 7200) for num_iid in story.num_iids
    }
    assert (Change.objects.count(), Alert.objects.count()) == (0, 0)
    assert sum(Usage.objects.values_list("calls", flat=True)) == 300
    assert UsageDay.objects.get().reserved == 300 + counted >= len(provider.calls)


@pytest.mark.parametrize(
    "told", ["all processes of a worker", "its child", "a worker with threads"]
)
def test_a_worker_that_is_told_to_end_records_its_calls_and_another_goes_on_at_once(
    provider: ProviderServer,
    start_worker: Callable[..., Worker],
    send_tick: Callable[[], None],
    told: str,
) -> None:
    Story(products=200)
    data_time = int(timezone.now().timestamp())
    Product.objects.update(next_check_at=timezone.now())

    def answer(query: dict[str, str]) -> dict[str, Any]:
        time.sleep(0.1)
        return item(query["num_iid"], data_time)

    provider.default = answer
    doomed = start_worker(
        [*ONE_FOR_ALL, *(["--pool", "threads"] if told == "a worker with threads" else [])]
    )
    wait_until(lambda: len(provider.calls) > 20, "the first worker's calls", send_tick)
    began = time.monotonic()
    if told == "its child":
        os.kill(doomed.child, signal.SIGTERM)
    else:
        doomed.end(signal.SIGTERM)
        assert len(provider.calls) < 100
        assert Snapshot.objects.count() == len(provider.calls)
        start_worker()
    wait_until(lambda: Snapshot.objects.count() == 200, "the other worker's records", send_tick)
    assert time.monotonic() - began < 30
    assert len(provider.calls) == 200
    assert (
        sum(Usage.objects.values_list("calls", flat=True)) == UsageDay.objects.get().reserved == 200
    )
    assert sum(Charge.objects.values_list("parts", flat=True)) == 200 * PARTS


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
