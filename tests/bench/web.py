"""A browser without a network: calls the WSGI application in this process, as gunicorn's worker does.

This leaves out gunicorn's sockets, the same few tenths of a millisecond for every page. In return the statements of a
request can be counted, and the clock can be set back to the time of the data.
"""

import gzip
import io
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any
from urllib.parse import urljoin
from wsgiref.util import setup_testing_defaults

import brotli
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection

from config.wsgi import application
from monitor.accounts.sessions import SessionStore
from monitor.models import User

Headers = dict[str, str]
_IMPORTS = re.compile(r'^import\b[^"]*"([^"]+)"', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Headers
    body: bytes
    seconds: float
    cpu_seconds: float
    statements: int

    @property
    def compressed(self) -> int:
        """Bytes of the body compressed by gzip; a compressed body is counted as it is."""
        return len(self.body) if "Content-Encoding" in self.headers else len(gzip.compress(self.body, 6))

    @property
    def text(self) -> str:
        unpack = {"gzip": gzip.decompress, "br": brotli.decompress}.get(self.headers.get("Content-Encoding", ""), bytes)
        return str(unpack(self.body), "utf-8")


@dataclass(frozen=True, slots=True)
class Measured:
    """Repeated requests of an address: milliseconds and statements of a request, and the last answer.

    `cpu` is the median CPU time of this process, without the database.
    """

    median: float
    p95: float
    cpu: float
    statements: int
    answer: Answer


class Browser:
    """A client that is signed in as `user`."""

    def __init__(self, user: User) -> None:
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        self._cookie = f"{settings.SESSION_COOKIE_NAME}={session.session_key}"

    def get(self, address: str, headers: Headers | None = None) -> Answer:
        """Requests `address`; the measured time ends with the last byte of the body."""
        path, _, query = address.partition("?")
        environ: dict[str, Any] = {"PATH_INFO": path, "QUERY_STRING": query, "HTTP_COOKIE": self._cookie}
        environ |= {"HTTP_HOST": settings.ALLOWED_HOSTS[0], "HTTP_ACCEPT_ENCODING": "gzip, deflate, br"}
        environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in (headers or {}).items()}
        environ["wsgi.input"] = io.BytesIO()
        setup_testing_defaults(environ)
        counter = _Counter()
        began, worked = time.perf_counter(), time.process_time()
        with connection.execute_wrapper(counter):
            status, response_headers, body = _call(environ)
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - worked
        return Answer(status, response_headers, body, seconds, cpu_seconds, counter.statements)

    def measure(self, address: str, times: int, headers: Headers | None = None, status: int = 200) -> Measured:
        """Makes `times` requests, after two to warm up. Raises AssertionError unless `status` is answered."""
        answers = [self.get(address, headers) for _ in range(times + 2)][2:]
        assert {answer.status for answer in answers} == {status}, f"{address}: {answers[0].status}"
        milliseconds = [answer.seconds * 1000 for answer in answers]
        p95 = quantiles(milliseconds, n=20, method="inclusive")[-1]
        cpu = median(answer.cpu_seconds * 1000 for answer in answers)
        return Measured(median(milliseconds), p95, cpu, max(answer.statements for answer in answers), answers[-1])


class _Counter:
    def __init__(self) -> None:
        self.statements = 0

    def __call__(self, execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        self.statements += 1
        return execute(sql, *args)


def _call(environ: dict[str, Any]) -> tuple[int, Headers, bytes]:
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> Callable[[bytes], object]:
        started.extend((status, headers))
        return io.BytesIO().write

    response: Iterable[bytes] = application(environ, start_response)
    try:
        body = b"".join(response)
    finally:
        getattr(response, "close", lambda: None)()
    return int(started[0].split()[0]), dict(started[1]), body


def first_load(browser: Browser, address: str) -> int:
    """Compressed bytes of a page and of all the site's files that it loads, with an empty cache."""
    page = browser.get(address)
    missing, loaded = _files_of(page.text), {address: page}
    while missing:
        if (path := missing.pop()) not in loaded:
            loaded[path] = file = browser.get(path)
            assert file.status == 200, path
            if path.endswith(".js"):
                missing += [urljoin(path, name) for name in _IMPORTS.findall(file.text)]
    return sum(answer.compressed for answer in loaded.values())


def _files_of(html: str) -> list[str]:
    """The site's style sheets, scripts and pictures in a page."""
    addresses = re.findall(r'<(?:link|script|img|use)\b[^>]*? (?:href|src)="([^"#]+)', html)
    return [address for address in dict.fromkeys(addresses) if address.startswith(settings.STATIC_URL)]
