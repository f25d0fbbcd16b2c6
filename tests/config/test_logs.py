"""The log keeps no secret of a link in a mail."""

import json
import logging
import sys

import pytest
from django.urls import URLPattern, reverse
from structlog.contextvars import bound_contextvars

from config.logs import logging_config
from config.redaction import Redaction
from monitor.urls import urlpatterns


def formatted(record: logging.LogRecord, style: str) -> str:
    options = logging_config(style, "INFO", Redaction().tree)["formatters"]["redacted"]
    text: str = options.pop("()")(**options).format(record)
    return text


WITH_SECRETS = [
    route.name
    for route in urlpatterns
    if isinstance(route, URLPattern) and "token>" in str(route.pattern)
]


@pytest.mark.parametrize("name", WITH_SECRETS)
def test_the_secret_of_a_path_is_not_logged(name: str) -> None:
    path = reverse(f"monitor:{name}", args=["a-secret"])
    record = logging.LogRecord(
        "django.request", logging.WARNING, "", 0, "Not Found: %s", (path,), None
    )
    line = formatted(record, "LINE")
    assert "a-secret" not in line
    assert "/.../" in line


def test_an_entry_in_json_names_the_request_or_the_task_and_keeps_no_secret() -> None:
    path = '"/forgotten/a-secret/" of chen@example.com'
    try:
        int(path)
    except ValueError:
        record = logging.LogRecord(
            "shop", logging.ERROR, "", 0, "It said %s", (path,), sys.exc_info()
        )
    with bound_contextvars(request="r1", route="monitor:today", user=7):
        entry = json.loads(formatted(record, "JSON"))
    assert (entry["logger"], entry["level"]) == ("shop", "error")
    assert (entry["request"], entry["route"], entry["user"]) == ("r1", "monitor:today", 7)
    assert "ValueError" in entry["exception"]
    assert not [
        value for value in map(str, entry.values()) if "a-secret" in value or "chen" in value
    ]
    assert "request" not in json.loads(formatted(record, "JSON")), "The request is over."


@pytest.mark.parametrize(
    "text",
    [
        "PROVIDER_KEY=a-secret",
        "{'apiKey': 'a-secret'}",
        "pushkey=a-secret&x=1",
        "password1: a-secret",
        "Authorization: Bearer a-secret",
        "Max retries exceeded with url: /a-secret.send (Caused by a timeout)",
        "https://1.push.ft07.com/send/a-secret.send",
        "https://fcm.googleapis.com/fcm/send/a-secret",
        "https://updates.push.services.mozilla.com/wpush/v2/a-secret",
    ],
)
def test_what_a_text_calls_a_secret_is_not_told(text: str) -> None:
    assert "a-secret" not in Redaction().text(text)


@pytest.mark.parametrize(
    "text",
    [
        "violates foreign key: violates",
        "monkey = bananas",
        "design: something",
        "assign=something",
        "product_key='4711-0815'",
        "checks@host.example.com ready",
    ],
)
def test_a_text_without_secrets_stays_as_it_is(text: str) -> None:
    assert Redaction().text(text) == text
