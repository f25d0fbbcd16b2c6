"""The example configuration of nginx accepts uploads of the promised size and logs no secret."""

import math
import re

from django.conf import settings
from django.urls import URLPattern, reverse

from monitor.telemetry.probes import PROBES
from monitor.urls import urlpatterns
from tests.config.test_readme import ROOT

CONF = (ROOT / "deploy" / "nginx.conf").read_text()


def logged(path: str) -> str:
    """Return a path as the access log has it."""
    pattern, rest = re.search(r'"~(\^.+)" "\$\{start\}(.+)";', CONF).groups()  # type: ignore[union-attr]
    match = re.match(pattern.replace("(?<", "(?P<"), path)
    return match["start"] + rest if match else path


def test_the_access_log_keeps_no_secret_of_a_link() -> None:
    names = [
        route.name
        for route in urlpatterns
        if isinstance(route, URLPattern) and "token>" in str(route.pattern)
    ]
    assert len(names) > 3
    for name in names:
        assert "a-secret" not in logged(reverse(f"monitor:{name}", args=["a-secret"])), name
    assert logged("/products/3514453298386183303/") == "/products/3514453298386183303/"
    log_format = re.search(r"log_format without_secrets (.+);", CONF)
    assert log_format
    assert not re.search(r"\$(request|request_uri|args|http_referer)\b", log_format[1])


def test_each_visitor_has_a_limit() -> None:
    pages = re.search(r"location / \{(.+?)\}", CONF, re.DOTALL)
    assert pages
    zones = {
        name: key for key, name in re.findall(r"limit_(?:req|conn)_zone (\S+) zone=(\w+):", CONF)
    }
    used = re.findall(r"limit_req zone=(\w+) ", pages[1]) + re.findall(
        r"limit_conn (\w+) ", pages[1]
    )
    assert sorted(zones) == sorted(used)
    assert set(zones.values()) == {"$visitor", "$network"}
    assert f"map $cookie_{settings.SESSION_COOKIE_NAME} $visitor" in CONF
    started = [
        (ROOT / name).read_text() for name in ("Procfile", "deploy/systemd/stallwatch-web.service")
    ]
    threads = math.prod(
        int(n) for n in re.findall(r"(?:--threads |WEB_CONCURRENCY=)(\d+)", "\n".join(started))
    )
    assert threads == 16
    at_once = dict(re.findall(r"limit_conn (\w+) (\d+);", pages[1]))
    assert int(at_once["visitor_at_once"]) <= threads / 2
    assert int(at_once["network_at_once"]) < threads


def test_health_and_metrics_are_closed_to_tunnels_too() -> None:
    [(paths, rules)] = re.findall(r"location ~ (\S+) \{(.+?)\}", CONF, re.DOTALL)
    told_to_all = [path for path in PROBES if not re.match(paths, path)]
    assert told_to_all == ["/healthz"]
    assert rules.split() == ["return", "404;"]
