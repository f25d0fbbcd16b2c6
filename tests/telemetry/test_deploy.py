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


def test_prometheus_accepts_the_rules_the_configuration_the_metrics_and_the_dashboards_queries(
    exposition: str, tmp_path: Path
) -> None:
    queries = [{"record": f"q:{number}", "expr": query} for number, query in enumerate(QUERIES)]
    dashboard = tmp_path / "rules.yml"
    dashboard.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": queries}]}))
    promtool("check", "rules", str(DEPLOY / "alerts.yml"), str(dashboard))
    promtool("check", "config", "--syntax-only", str(DEPLOY / "prometheus.yml"))
    promtool("check", "metrics", text=exposition)
