"""The dashboard and the alert rules name metrics that exist, and Prometheus accepts the files."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from monitor.models import ScheduleFit
from tests.config.test_readme import ROOT
from tests.telemetry.conftest import TOKEN

DEPLOY = ROOT / "deploy"
RULES = (DEPLOY / "alerts.yml").read_text()
QUERIES = [
    target["expr"]
    for panel in json.loads((DEPLOY / "grafana.json").read_text())["panels"]
    for target in panel["targets"]
]


def promtool(*arguments: str, text: str | None = None) -> None:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed (Debian: apt-get install prometheus)")
    done = subprocess.run(
        [program, *arguments], input=text, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def exposition(client: Client, db: None) -> str:
    ScheduleFit.objects.create(fitted_at=timezone.now())
    return client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()


def test_each_metric_of_the_dashboard_and_the_alerts_exists(exposition: str) -> None:
    known = set(re.findall(r"^# TYPE (\w+)", exposition, re.MULTILINE))
    for text in (RULES, "\n".join(QUERIES)):
        named = {name.removesuffix("_bucket") for name in re.findall(r"\bstallwatch_\w+", text)}
        assert len(named) > 8
        assert named <= known


def test_each_alert_says_what_to_do_and_where_to_read_more() -> None:
    alerts = RULES.count("- alert:")
    assert alerts == RULES.count("todo:") == RULES.count("summary:") == RULES.count("severity:")
    assert alerts == RULES.count("runbook: docs/operations.md#watching-it")
    page = (ROOT / "docs" / "operations.md").read_text()
    assert "## Watching it" in page
    assert not [name for name in re.findall(r"- alert: (\w+)", RULES) if f"`{name}`" not in page]


def test_prometheus_accepts_the_rules_the_configuration_and_the_metrics(
    exposition: str, tmp_path: Path
) -> None:
    promtool("check", "rules", str(DEPLOY / "alerts.yml"))
    promtool("check", "config", "--syntax-only", str(DEPLOY / "prometheus.yml"))
    promtool("check", "metrics", text=exposition)


@pytest.mark.parametrize(
    ("alert", "series"),
    [
        (
            "StallwatchWaitsAfterRestore",
            {'stallwatch_polling_state{job="s", state="restored"}': "1x30"},
        ),
        # The provider says so, while calls are left by our count.
        ("StallwatchBudgetUsedUp", {'stallwatch_health_severity{job="s", part="budget"}': "2x30"}),
        (
            "StallwatchErrorPages",
            {
                'stallwatch_http_requests_total{job="s", page="none", status="200"}': "0+1000x30",
                'stallwatch_http_requests_total{job="s", page="today", status="200"}': "0+40x30",
                'stallwatch_http_requests_total{job="s", page="today", status="500"}': "0+1x30",
            },
        ),
        (
            "StallwatchPagesSlow",
            {
                'stallwatch_http_request_duration_seconds_bucket{job="s", page="none", '
                'le="0.01"}': "0+1000x30",
                'stallwatch_http_request_duration_seconds_bucket{job="s", page="none", '
                'le="+Inf"}': "0+1000x30",
                'stallwatch_http_request_duration_seconds_bucket{job="s", page="today", '
                'le="0.8"}': "0x30",
                'stallwatch_http_request_duration_seconds_bucket{job="s", page="today", '
                'le="2"}': "0+10x30",
                'stallwatch_http_request_duration_seconds_bucket{job="s", page="today", '
                'le="+Inf"}': "0+10x30",
            },
        ),
    ],
)
def test_an_alert_fires_within_half_an_hour(
    alert: str, series: dict[str, str], tmp_path: Path
) -> None:
    query = f'count(ALERTS{{alertname="{alert}", alertstate="firing"}})'
    expected = {"expr": query, "eval_time": "30m", "exp_samples": [{"labels": "{}", "value": 1}]}
    given = [{"series": name, "values": values} for name, values in series.items()]
    test = {"interval": "1m", "input_series": given, "promql_expr_test": [expected]}
    path = tmp_path / "test.yml"
    path.write_text(json.dumps({"rule_files": [str(DEPLOY / "alerts.yml")], "tests": [test]}))
    promtool("test", "rules", str(path))


def test_prometheus_can_read_the_queries_of_the_dashboard(tmp_path: Path) -> None:
    rules = [
        {"record": f"dashboard:{number}", "expr": query} for number, query in enumerate(QUERIES)
    ]
    path = tmp_path / "rules.yml"
    path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    promtool("check", "rules", str(path))
