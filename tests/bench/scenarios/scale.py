"""A million products, 50 million snapshots: the pages of one of ten merchants, claims, and the
hourly fit."""

from collections.abc import Iterator
from datetime import timedelta

import time_machine

from monitor.models import Watch
from tests.bench.report import Figure
from tests.bench.scenarios import pages, schedule
from tests.bench.server import Provider


def run(provider: Provider) -> Iterator[Figure]:
    yield from pages.run(provider)
    # All are due.
    with time_machine.travel(Watch.objects.earliest("pk").created_at + timedelta(days=2)):
        yield from schedule.measure()
