"""Sentry gets no key, token or address; nor does the log."""

from collections.abc import Iterator
from http.server import ThreadingHTTPServer

import brotli
import pytest

from tests.config.test_settings import PRODUCTION, run
from tests.provider.listening import HERE, QuietHandler, listening

CANARIES = {
    "PROVIDER_KEY": "canary-key-123",
    "PROVIDER_SECRET": "canary/secret+456",
    "SECRET_KEY": "canary-of-the-site-0f3a9c5d7e1b2846",
    "EMAIL_URL": "smtp://mailer:canary-mail-789@mail.example.org:587?tls=1",
}
#: What is in the messages, addresses and locals of the program below.
TOLD = (
    "key=canary-key-123&secret=canary%2Fsecret%2B456 canary-of-the-site-0f3a9c5d7e1b2846 "
    "canary-mail-789 Bearer sw_canary-token-of-the-api lin@canary.example.com "
    "https://watch.example.org/forgotten/canary-link-token/ "
    "https://open.feishu.cn/open-apis/bot/v2/hook/canary-hook-0123"
)
PROGRAM = f"""
import logging, sys
import django
django.setup()
from django.http import HttpResponse
from django.test import Client
from django.urls import path

def view(request, token):
    local = {TOLD!r}
    logging.getLogger("shop").warning("Before it failed: " + local)
    raise RuntimeError("It failed: " + local)

import config.urls
config.urls.urlpatterns.insert(0, path("forgotten/<str:token>/", view, name="failing"))
config.urls.handler500 = lambda request: HttpResponse(status=500)
headers = {{"Host": "watch.example.org", "Authorization": "Bearer canary-header"}}
client = Client(raise_request_exception=False, headers=headers, REMOTE_ADDR="203.0.113.9")
client.cookies["canary"] = "canary-of-a-cookie"
address = "/forgotten/canary-link-token/?token=canary-query&q=canary%40example.org&page=2"
assert client.get(address, secure=True).status_code == 500
print("sentry_sdk" in sys.modules)
if "sentry_sdk" in sys.modules:
    sys.modules["sentry_sdk"].flush()
"""


@pytest.fixture
def received() -> Iterator[dict[str, bytes]]:
    """Plays Sentry: yields what was sent to each path, and its address under ''."""
    bodies: dict[str, bytes] = {}

    class Handler(QuietHandler):
        def do_POST(self) -> None:  # noqa: N802 - The server looks for this name.
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "br":
                body = brotli.decompress(body)
            bodies[self.path] = bodies.get(self.path, b"") + body
            self.send(200, b"{}", {"Content-Type": "application/json"})

    with listening(ThreadingHTTPServer(HERE, Handler)) as url:
        bodies[""] = url.encode()
        yield bodies


def fail_with(variables: dict[str, str]) -> str:
    """Run the program with an error; return what it says."""
    settings = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PROVIDER_URL": "https://gateway.example.org",
        "DATABASE_URL": "sqlite:///var/none",
    }
    done = run(["-c", PROGRAM], {**PRODUCTION, **CANARIES, **settings, **variables})
    assert done.returncode == 0, done.stderr
    assert "RuntimeError" in done.stderr
    assert not [line for line in done.stderr.splitlines() if "canary" in line]
    return done.stdout


@pytest.mark.parametrize("style", ["json", "line"])
def test_without_its_variable_sentry_is_not_imported_and_the_log_keeps_no_secret(
    style: str,
) -> None:
    assert fail_with({"LOG_FORMAT": style}).startswith("False")


def test_sentry_gets_the_error_without_secrets(received: dict[str, bytes]) -> None:
    fail_with({"SENTRY_DSN": received[""].decode().replace("://", "://public@") + "/7"})
    body = received["/api/7/envelope/"].decode()
    assert "RuntimeError" in body
    assert "It failed" in body
    assert "canary" not in body
    assert "203.0.113.9" not in body
