"""The log keeps no secret of a link in a mail or of a feed."""

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


WITH_SECRETS = [route.name for route in urlpatterns if isinstance(route, URLPattern) and "token>" in str(route.pattern)]


@pytest.mark.parametrize("name", WITH_SECRETS)
def test_the_secret_of_a_path_is_not_logged(name: str) -> None:
    path = reverse(f"monitor:{name}", args=["a-secret"])
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, "Not Found: %s", (path,), None)
    line = formatted(record, "LINE")
    assert "a-secret" not in line
    assert "/.../" in line


def test_an_entry_in_json_names_the_request_or_the_task_and_keeps_no_secret() -> None:
    path = '"/forgotten/a-secret/" of chen@example.com'
    try:
        int(path)
    except ValueError:
        record = logging.LogRecord("shop", logging.ERROR, "", 0, "It said %s", (path,), sys.exc_info())
    with bound_contextvars(request="r1", route="monitor:today", user=7):
        entry = json.loads(formatted(record, "JSON"))
    assert (entry["logger"], entry["level"]) == ("shop", "error")
    assert (entry["request"], entry["route"], entry["user"]) == ("r1", "monitor:today", 7)
    assert "ValueError" in entry["exception"]
    assert not [value for value in map(str, entry.values()) if "a-secret" in value or "chen" in value]
    assert "request" not in json.loads(formatted(record, "JSON")), "The request is over."
