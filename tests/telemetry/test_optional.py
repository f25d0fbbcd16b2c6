"""Sentry and OpenTelemetry get no key, token or address: each in a process of its own, against a
server here."""

import json
from collections.abc import Iterator
from http.server import ThreadingHTTPServer

import brotli
import pytest

from tests.config.test_settings import PRODUCTION, run
from tests.listening import HERE, QuietHandler, listening

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
import contextlib, http.client, logging, os, sys
import django
django.setup()
from django.http import HttpResponse
from django.test import Client
from django.urls import path

def view(request, token):
    local = {TOLD!r}
    logging.getLogger("shop").warning("A breadcrumb: " + local)
    if called := os.environ.get("CALLED"):
        address = f"http://{{called}}/canary-of-a-channel.send?a=canary-of-a-query"
        with contextlib.closing(http.client.HTTPConnection(called)) as connection:
            connection.request("POST", address.partition(called)[2], "{{}}")
            connection.getresponse()
        if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
            from opentelemetry import trace
            told = {{"url.full": address, "http.target": "/canary-of-a-channel.send",
                "server.address": "of-a-call"}}
            tracer = trace.get_tracer("requests")
            tracer.start_span("POST", kind=trace.SpanKind.CLIENT, attributes=told).end()
    raise RuntimeError("It failed: " + local)

import config.urls
config.urls.urlpatterns.insert(0, path("forgotten/<str:token>/", view, name="failing"))
config.urls.handler500 = lambda request: HttpResponse(status=500)
headers = {{"Host": "watch.example.org", "Authorization": "Bearer canary-header"}}
client = Client(raise_request_exception=False, headers=headers, REMOTE_ADDR="203.0.113.9")
client.cookies["canary"] = "canary-of-a-cookie"
address = "/forgotten/canary-link-token/?token=canary-query&q=canary%40example.org&page=2"
assert client.get(address, secure=True).status_code == 500
print([name for name in ("sentry_sdk", "opentelemetry") if name in sys.modules])
if "sentry_sdk" in sys.modules:
    sys.modules["sentry_sdk"].flush()
if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
    sys.modules["opentelemetry"].trace.get_tracer_provider().force_flush()
"""


@pytest.fixture
def received() -> Iterator[dict[str, bytes]]:
    """Plays Sentry and a collector: yields what was sent to each path, and its address under ''."""
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
    """Run the program with an error; return what it says and logs."""
    settings = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PROVIDER_URL": "https://gateway.example.org",
    }
    done = run(
        ["-c", PROGRAM],
        {**PRODUCTION, **CANARIES, **settings, "DATABASE_URL": "sqlite:///var/none", **variables},
    )
    assert done.returncode == 0, done.stderr
    assert "RuntimeError" in done.stderr
    assert not [line for line in done.stderr.splitlines() if "canary" in line]
    return done.stdout + done.stderr


@pytest.mark.parametrize("style", ["json", "line"])
def test_nothing_is_imported_without_its_variable_and_the_log_keeps_no_secret(style: str) -> None:
    assert fail_with({"LOG_FORMAT": style}).startswith("[]")


def test_sentry_gets_the_error_without_secrets(received: dict[str, bytes]) -> None:
    dsn = received[""].decode().replace("://", "://public@") + "/7"
    called = received[""].decode().removeprefix("http://")
    log = fail_with({"SENTRY_DSN": dsn, "CALLED": f"localhost:{called.partition(':')[2]}"})
    body = received["/api/7/envelope/"].decode()
    assert "RuntimeError" in body
    assert "A breadcrumb" in body
    assert '"url":"http://localhost:' in body
    assert "canary" not in body
    assert "203.0.113.9" not in body
    [request_id] = {json.loads(line)["request"] for line in log.splitlines() if '"request"' in line}
    assert request_id in body, "The log has more."


def test_traces_have_no_secrets(received: dict[str, bytes]) -> None:
    url = received[""].decode()
    fail_with({"OTEL_EXPORTER_OTLP_ENDPOINT": url, "CALLED": url.removeprefix("http://")})
    body = received["/v1/traces"]
    assert b"GET forgotten/<str:token>/" in body
    assert b"It failed" in body
    assert b"of-a-call" in body
    assert url.encode() in body
    assert b"canary" not in body
    assert b"203.0.113.9" not in body


@pytest.mark.parametrize("variable", ["SENTRY_DSN", "OTEL_EXPORTER_OTLP_ENDPOINT"])
def test_a_missing_package_is_named_with_what_to_do(variable: str) -> None:
    blocked = "import sys; sys.modules['sentry_sdk'] = sys.modules['opentelemetry.sdk'] = None; "
    code = (
        blocked
        + "from django.core.management import execute_from_command_line as go; go(['', 'check'])"
    )
    settings = {"DJANGO_SETTINGS_MODULE": "config.settings", "DEBUG": "1"}
    done = run(["-c", code], {**settings, variable: "http://key@127.0.0.1:1/1"})
    assert "monitor.E029" in done.stderr
    assert "make install-production EXTRAS=" in done.stderr
