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
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from monitor.models import User
from tests.bench import bare_page


@dataclass(frozen=True, slots=True)
class Measured:
    """Repeated requests of an address: the median of CPU without the database, in bare pages;
    statements; an answer."""

    bare_pages: float
    statements: int
    response: Any


class Browser:
    """A client that is signed in as `user`, and one for the bare page.

    `bare` has the milliseconds of CPU that the bare page took each time."""

    def __init__(self, user: User) -> None:
        self._site, self._bare_site = _signed_in(user), _signed_in(user)
        with override_settings(MIDDLEWARE=bare_page.MIDDLEWARE):
            self._bare_site.handler.load_middleware()
        self.bare: list[float] = []

    def measure(
        self, address: str, times: int, headers: Mapping[str, str] | None = None
    ) -> Measured:
        """Ask `times` for the page and the bare page by turns, for a machine is not as fast a
        minute later; before, three times to warm up. Raise AssertionError if it is not there."""
        for _ in range(2):
            self._site.get(address, headers=headers)
        with CaptureQueriesContext(connection) as captured:
            response = self._site.get(address, headers=headers)
        statements = len(captured)
        assert response.status_code == 200, f"{address}: {response.status_code}"
        page, bare = [], []
        for _ in range(times):
            page.append(_cpu(self._site, address, headers))
            bare.append(_cpu(self._bare_site, "/"))
        self.bare += bare
        return Measured(median(page) / median(bare), statements, response)


def _signed_in(user: User) -> Client:
    client = Client(headers={"host": settings.ALLOWED_HOSTS[0], "accept-encoding": "gzip"})
    client.force_login(user)
    return client


def _cpu(site: Client, address: str, headers: Mapping[str, str] | None = None) -> float:
    """Return the milliseconds of CPU of a request."""
    began = time.process_time()
    site.get(address, headers=headers)
    return (time.process_time() - began) * 1000
