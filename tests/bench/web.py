"""A browser without a network: calls the site in this process and measures it.

This leaves out gunicorn's sockets, the same few tenths of a millisecond for every page. In return
the statements of a request can be counted, and the clock can be set back to the time of the data.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitor.models import User


@dataclass(frozen=True, slots=True)
class Measured:
    """Repeated requests of an address: the median milliseconds of CPU, without the database;
    statements; an answer."""

    cpu: float
    statements: int
    response: Any


class Browser:
    """A client that is signed in as `user`. Make a new one when the settings have changed."""

    def __init__(self, user: User) -> None:
        self._client = Client(
            headers={"host": settings.ALLOWED_HOSTS[0], "accept-encoding": "gzip"}
        )
        self._client.force_login(user)

    def measure(
        self, address: str, times: int, headers: Mapping[str, str] | None = None, status: int = 200
    ) -> Measured:
        """Make `times` requests, after three to warm up. Raise AssertionError unless `status` is
        answered."""
        for _ in range(2):
            self._client.get(address, headers=headers)
        with CaptureQueriesContext(connection) as captured:
            response = self._client.get(address, headers=headers)
        statements = len(captured)
        assert response.status_code == status, f"{address}: {response.status_code}"
        seconds = []
        for _ in range(times):
            began = time.process_time()
            self._client.get(address, headers=headers)
            seconds.append(time.process_time() - began)
        return Measured(median(seconds) * 1000, statements, response)
