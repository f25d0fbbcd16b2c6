"""Usage tells operators what the last simulation of the schedule came to."""

import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitor.models import Simulation, User
from tests.factories import NOW, SimulationFactory, UserFactory, simulated
from tests.web import HTMX

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(db: None) -> Client:
    client = Client()
    client.force_login(UserFactory.create(email="operator@example.com", is_staff=True))
    return client


def words(web: Client) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", web.get("/usage/").content.decode()).split())


def test_the_chart_has_the_median_delays_by_day(operator: Client) -> None:
    SimulationFactory.create()
    text = operator.get("/usage/").content.decode()
    [attribute] = re.findall(r'data-delays="([^"]*)"', text)
    data = json.loads(attribute.replace("&quot;", '"'))
    assert data["days"] == ["2026-11-23", "2026-11-24"]
    assert [(one["name"], one["label"], one["minutes"]) for one in data["series"]] == [
        ("adaptive", "Adaptive", [8.4, 9.6]),
        ("even", "Even polling", [179.6, 180.4]),
    ]


def test_the_same_stands_there_in_words_and_in_a_table(operator: Client) -> None:
    SimulationFactory.create()
    text = words(operator)
    assert "Found after, adaptive 9 min Found after, evenly polled 3 h" in text
    assert "Never seen, adaptive 76% Never seen, evenly polled 96%" in text
    assert (
        "Simulated on 300 products of the sandbox, whose every change is known, from 2026-11-23 to 2026-11-24, with "
        "1,200 calls a day for either."
    ) in text
    assert "their changes are found after 5 h 9 min, evenly polled after 2 h 56 min" in text
    assert "2026-11-24 2,000 10 min 19 min 48 min 50% 3 h 6 h 1 min 15 h 2 min 50%" in text
    assert "All days 4,000 9 min" in text


def test_it_speaks_chinese(operator: Client) -> None:
    SimulationFactory.create()
    User.objects.update(language="zh-hans")
    text = operator.get("/usage/").content.decode()
    assert "发现延迟：自适应与平均轮询的比较" in text
    assert "Even polling" not in text


def test_it_says_what_to_do_for_calm_products_that_matter(operator: Client) -> None:
    SimulationFactory.create()
    text = words(operator)
    assert "Products that change less than once a day leave calls to the others" in text
    assert "If a calm product matters, give it high priority or a shorter “at least every”" in text


def test_it_is_the_last_one_that_counts(operator: Client) -> None:
    SimulationFactory.create(calls=700)
    SimulationFactory.create(calls=900, ran_at=NOW - timedelta(days=1))
    assert operator.get("/usage/").context["simulated"].calls == 700


def test_there_is_nothing_without_a_simulation_and_nothing_for_others(operator: Client, web: Client) -> None:
    assert "delays" not in operator.get("/usage/").content.decode()
    SimulationFactory.create()
    assert "delays-chart" in operator.get("/usage/").content.decode()
    assert "delays" not in web.get("/usage/").content.decode()


def test_days_without_a_change_have_a_gap(operator: Client) -> None:
    none = {"changes": 0, "median": None, "mean": None, "p95": None, "missed": None, "calls": 3}
    policy = {"days": [none, simulated(0.5)], "overall": simulated(0.5), "seldom": none}
    SimulationFactory.create(figures={"adaptive": policy, "even": policy})
    text = words(operator)
    assert "2026-11-23 0 — — — — — — — —" in text
    assert "2026-11-24 2,000 30 s 1 min" in text
    assert "less than once a day" not in text


def test_an_open_page_learns_of_a_new_simulation(operator: Client) -> None:
    SimulationFactory.create()
    version = operator.get("/usage/", headers=HTMX).context["version"]
    asks = {**HTMX, "If-None-Match": f'W/"{version}"'}
    assert operator.get("/usage/", headers=asks).status_code == 304
    SimulationFactory.create(ran_at=NOW, calls=55)
    again = operator.get("/usage/", headers=asks)
    assert (again.status_code, again.context["simulated"].calls) == (200, 55)


def test_it_costs_operators_one_query_and_others_none(operator: Client, web: Client) -> None:
    def queries(client: Client) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/usage/").status_code == 200
        return len(captured)

    before = queries(operator), queries(web)
    for _ in range(5):
        SimulationFactory.create()
    assert (queries(operator), queries(web)) == before
    Simulation.objects.all().delete()
    assert before[0] <= before[1] + 1
