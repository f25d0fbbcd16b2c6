"""For every test: settings that don't depend on the machine, no network beyond it, cheap password
hashes."""

import gc
import ipaddress
import os
import shutil
import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import django
import pytest
import time_machine
from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test import Client, TransactionTestCase, override_settings
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as properties
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from tests.config import databases
from tests.pages.markup import on_one_line
from tests.telling.channels.hooks import Hook, hook

if TYPE_CHECKING:
    from monitor.models import User, Watchlist
    from tests.provider.servers import ProviderServer
    from tests.telling.mailserver import MailServer

# Before the settings are read: tests take only DATABASE_URL, CELERY_BROKER_URL and TEST_REDIS_URL
# from outside.
for name in tuple(os.environ):
    if name.startswith(
        (
            "PROVIDER_",
            "EMAIL_URL",
            "SECRET_KEY",
            "SITE_URL",
            "ALLOWED_HOSTS",
            "DEFAULT_FROM_EMAIL",
            "OIDC_",
            "OUTGOING_",
            "METRICS_TOKEN",
            "SENTRY_",
            "OTEL_",
            "LOG_",
        )
    ):
        del os.environ[name]
os.environ["DEBUG"] = "1"
os.environ.setdefault("CELERY_BROKER_URL", "memory://")
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
# pytest-django would read the settings too early if pyproject.toml named them, and does not read
# them otherwise. Conftests of folders import models, so Django has to be set up here.
django.setup()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if paths := databases.missing():
        raise pytest.UsageError(
            f"tests/config/databases.py names what is not there: {', '.join(paths)}"
        )
    for item in items:
        if not _needs_services(item):
            item.add_marker("any_database")
    for marker, missing in _missing_services().items():
        marked = [item for item in items if item.get_closest_marker(marker)]
        if marked and os.environ.get("REQUIRE_SERVICES"):
            raise pytest.UsageError(f"REQUIRE_SERVICES is set, but {missing}")
        for item in marked:
            item.add_marker(pytest.mark.skip(reason=missing))


def pytest_collection_finish() -> None:
    """Let the garbage collector skip what lives until the end: modules and tests. That saves 5% of
    the tests' time."""
    gc.freeze()


def _needs_services(item: pytest.Item) -> bool:
    """Return whether a test belongs to CI's part with PostgreSQL, Redis and a browser."""
    return any(
        map(item.get_closest_marker, ("postgres", "redis", "browser"))
    ) or databases.runs_on_both(item)


def _missing_services() -> dict[str, str]:
    """Return for each marker whose service is missing how to provide it."""
    missing = {}
    if settings.DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
        missing["postgres"] = "PostgreSQL is not configured: set DATABASE_URL=postgres://..."
    if not os.environ.get("TEST_REDIS_URL"):
        missing["redis"] = "Redis is not configured: set TEST_REDIS_URL=redis://..."
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        missing["browser"] = "no Chromium is installed (Debian: apt-get install chromium)"
    return missing


# No deadline: how long an example takes depends on how busy the machine is.
properties.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# In CI the examples are few and always the same, so that a failure comes from the change; elsewhere
# many and random.
properties.register_profile(
    "landing", properties.get_profile("untimed"), derandomize=True, max_examples=30
)
properties.load_profile("landing" if os.environ.get("CI") else "untimed")

_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex
_getaddrinfo = socket.getaddrinfo


class OutsideConnectionError(Exception):
    """A test tried to reach another machine. Not an `OSError`: code under test must not take it for
    a network fault."""


def _is_local(host: Any) -> bool:
    if not host or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _guarded_connect(self: socket.socket, address: Any) -> None:
    _refuse_outside(self, address)
    _connect(self, address)


def _guarded_connect_ex(self: socket.socket, address: Any) -> int:
    _refuse_outside(self, address)
    return _connect_ex(self, address)


def _refuse_outside(sock: socket.socket, address: Any) -> None:
    if sock.family != socket.AF_UNIX and not _is_local(address[0]):
        raise OutsideConnectionError(f"No test may connect to {address[0]}.")


def _guarded_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
    name = host.decode() if isinstance(host, bytes) else host
    try:
        ipaddress.ip_address(name or "127.0.0.1")
    except ValueError:
        if name != "localhost":
            # As a resolver does for a name that does not exist.
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from None
    return _getaddrinfo(host, *args, **kwargs)


@pytest.fixture(scope="session", autouse=True)
def _no_outside_network() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _guarded_connect)
        patch.setattr(socket.socket, "connect_ex", _guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", _guarded_getaddrinfo)
        yield


@pytest.fixture(scope="session", autouse=True)
def _cheap_password_hashes() -> Iterator[None]:
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """On PostgreSQL commits do not wait for the disk."""
    if connection.vendor == "postgresql":
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {name} SET synchronous_commit TO off")
            cursor.execute("SET synchronous_commit TO off")


#: Tables that have the same rows in every test.
_KEPT_TABLES = {"django_content_type", "auth_permission"}


def _empty_tables(_case: TransactionTestCase) -> None:
    """Try again if a page that was closed just now still writes: its row refers to a deleted one,
    or it and we wait for each other."""
    for is_last in (False, False, True):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                for table in {*connection.introspection.django_table_names()} - _KEPT_TABLES:
                    cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")
        except (IntegrityError, OperationalError):
            if is_last:
                raise
        else:
            return


@pytest.fixture(scope="session", autouse=True)
def _emptied_by_deletion() -> Iterator[None]:
    """Empties tables by DELETE. Django's TRUNCATE creates all files of PostgreSQL's tables anew,
    and then all content types and permissions: that takes longer than most tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", _empty_tables)
        yield


@pytest.fixture(autouse=True)
def _language_of_no_other_test() -> Iterator[None]:
    """A request leaves its user's language active; the next test must not depend on it."""
    yield
    translation.deactivate()


@pytest.fixture(scope="session", autouse=True)
def _pages_on_one_line() -> Iterator[None]:
    """Tests look for markup in pages, whatever the line breaks of the templates."""
    request = Client.request

    def request_on_one_line(self: Client, **environ: Any) -> Any:
        response = request(self, **environ)
        is_html = response.headers.get("Content-Type", "").startswith("text/html")
        if is_html and not response.streaming and "Content-Encoding" not in response.headers:
            response.content = on_one_line(response.content.decode()).encode()
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "request", request_on_one_line)
        yield


@pytest.fixture(autouse=True)
def _nothing_cached() -> None:
    """Tests create rows with the same keys, and some change the limits of queries."""
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def time_stands_still() -> Iterator[None]:
    """It is the moment for which the factories make rows."""
    from tests.models.factories import NOW

    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def merchant(db: None) -> "User":
    from tests.models.factories import UserFactory

    return UserFactory.create(email="merchant@example.com")


@pytest.fixture
def watchlist(merchant: "User") -> "Watchlist":
    from tests.models.factories import WatchlistFactory

    return WatchlistFactory.create(owner=merchant, name="Rivals")


@pytest.fixture
def provider(settings: Settings) -> Iterator["ProviderServer"]:
    """A provider on this machine that all calls of the test go to."""
    from tests.provider.servers import used_provider

    with used_provider(settings) as server:
        yield server


@pytest.fixture
def tasks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check each batch inside the tick. Real workers are in tests/processes."""
    from monitor.tasks import check_batch

    monkeypatch.setattr(check_batch, "delay", check_batch.run)


@pytest.fixture
def mails_do_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first alert of a mail waits for no others: for tests of what is mailed, not of when."""
    monkeypatch.setattr("monitor.judging.mail_times.GATHER", timedelta(0))


@pytest.fixture
def alerts_on_any_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """New lists alert on any change of price or status, not only on what the default rules are
    about."""
    from tests.polling.story import ANY_CHANGE

    monkeypatch.setattr("monitor.watching.services.DEFAULT_RULES", ANY_CHANGE)


@pytest.fixture
def webhook(settings: Settings) -> Iterator[Hook]:
    """A receiver of webhooks at an address that is allowed."""
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]
    with hook() as state:
        yield state


@pytest.fixture
def mail(settings: Settings) -> Iterator["MailServer"]:
    """A mail server that gets all mails."""
    from tests.telling.conftest import use_mailer
    from tests.telling.mailserver import mail_server

    with mail_server() as server:
        settings.SITE_URL = "https://watch.example.org"
        use_mailer(settings, f"smtp://127.0.0.1:{server.port}?timeout=5")
        yield server
