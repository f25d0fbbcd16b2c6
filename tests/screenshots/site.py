"""The demo on its own port, with its own database."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from monitor.models import User

ROOT = Path(__file__).resolve().parents[2]
#: No product becomes due while the pictures are taken, since no worker runs.
QUIET = timedelta(hours=1)


class DemoSite(NamedTuple):
    url: str
    merchant: "User"
    operator: "User"
    newcomer: "User"
    #: The values for the names in the addresses of `tests.browser.pages`.
    places: dict[str, object]


def choose_settings(folder: Path) -> None:
    """Choose the sandbox, a free port, and files below `folder`. Call it before Django is set
    up."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for name in tuple(os.environ):
        if name.startswith(("PROVIDER_", "SECRET_KEY", "ALLOWED_HOSTS", "DEFAULT_FROM_EMAIL")):
            del os.environ[name]
    os.environ |= {
        "DEBUG": "1",
        "SITE_URL": f"http://localhost:{port}",
        "DATABASE_URL": f"sqlite:///{(folder / '.demo' / 'now.sqlite3').relative_to(ROOT)}",
        "CELERY_BROKER_URL": "memory://",
        "EMAIL_URL": f"file:{(folder / '.demo' / 'mail').relative_to(ROOT)}",
        "LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


@contextmanager
def demo_site(folder: Path) -> Iterator[DemoSite]:
    """Serve the demo until the block ends, as if workers had run until now."""
    from django.conf import settings

    from monitor.telling import outbox
    from tests.polling.checking.due import check_due

    (folder / ".demo").mkdir(parents=True, exist_ok=True)
    _make_demo(folder / ".demo")
    with _server(settings.SITE_URL, folder / ".demo" / "server.log"):
        check_due()
        outbox.send_due()
        yield _settle(settings.SITE_URL)


def _make_demo(folder: Path) -> None:
    """Make the demo, which takes half a minute."""
    from django.core.management import call_command

    for old in folder.glob("now.sqlite3*"):
        old.unlink()
    print("Making the demo…", flush=True)
    call_command("migrate", verbosity=0)
    call_command("demo", stdout=StringIO())


@contextmanager
def _server(url: str, log: Path) -> Iterator[None]:
    address = url.removeprefix("http://")
    command = [sys.executable, "manage.py", "runserver", "--noreload", "--skip-checks", address]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output) as server,
    ):
        try:
            _wait_for(address, server, log)
            yield
        finally:
            server.terminate()


def _wait_for(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    host, _, port = address.partition(":")
    ends = time.monotonic() + 30
    while time.monotonic() < ends and server.poll() is None:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"The site did not start. See {log}")


def _settle(url: str) -> DemoSite:
    """Return the demo's users and places. No product becomes due while the pictures are taken."""
    from django.utils import timezone

    from monitor.management.commands.demo import MERCHANT, OPERATOR
    from monitor.models import Product, User, Watchlist
    from monitor.polling.recording.heartbeat import beat
    from tests.browser.pages import places

    now = timezone.now()
    merchant = User.objects.get(email=MERCHANT)
    newcomer, _ = User.objects.get_or_create(
        email="newcomer@example.com", defaults={"name": "王老板"}
    )
    watchlist = Watchlist.objects.for_user(merchant).order_by("pk")[1]
    product, other = Product.objects.filter(watches__watchlist=watchlist).order_by(
        "-changed_at", "pk"
    )[:2]
    operator = User.objects.get(email=OPERATOR)
    names = places(product, other, watchlist)
    Product.objects.filter(next_check_at__lt=now + QUIET).update(next_check_at=now + QUIET)
    for work in ("tick", "stand_by"):
        beat("worker@screenshots", work, now, busy_for=QUIET)
    return DemoSite(url, merchant, operator, newcomer, names)
