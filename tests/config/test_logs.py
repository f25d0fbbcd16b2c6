"""The log keeps no secret of a link in a mail or of a feed."""

import logging

import pytest
from django.urls import URLPattern, reverse

from config.logs import LineFormatter
from config.redaction import Redaction
from monitor.urls import urlpatterns

WITH_SECRETS = [route.name for route in urlpatterns if isinstance(route, URLPattern) and "token>" in str(route.pattern)]


@pytest.mark.parametrize("name", WITH_SECRETS)
def test_the_secret_of_a_path_is_not_logged(name: str) -> None:
    path = reverse(f"monitor:{name}", args=["a-secret"])
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, "Not Found: %s", (path,), None)
    line = LineFormatter("%(message)s", redact=Redaction().text).format(record)
    assert "a-secret" not in line
    assert "/.../" in line
