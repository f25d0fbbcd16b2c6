"""The recipes of docs/api.md work, and its table names every address."""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from monitor.api import api
from monitor.models import User, Watchlist
from tests.api import ROOT, Program
from tests.factories import NOW, AlertFactory, ProductFactory, WatchFactory

DOCS = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text()
SETTING, CURL, ALERTS, SHEET = re.findall(r"```(?:sh|python)\n(.*?)```", DOCS, re.DOTALL)


def run(command: list[str], server: LiveServer, program: Program, folder: Path) -> str:
    assert {"SITE", "TOKEN"} == set(re.findall(r"export (\w+)=", SETTING))
    env = {"PATH": os.environ["PATH"], "SITE": server.url, "TOKEN": program.secret}
    done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.django_db(transaction=True)
def test_the_recipes_work(live_server: LiveServer, merchant: User, watchlist: Watchlist, tmp_path: Path) -> None:
    for number in range(120):
        product = ProductFactory.create(title=f"=Shirt {number:03}", changed_at=NOW)
        watch = WatchFactory.create(watchlist=watchlist, product=product)
    AlertFactory.create(watchlist=watchlist, product=watch.product)
    program = Program.of(merchant, scope="write")

    found = json.loads(run(["sh", "-c", CURL], live_server, program, tmp_path))
    assert len(found["items"]) == 10
    told = run([sys.executable, "-c", ALERTS], live_server, program, tmp_path)
    assert "=Shirt 119" in told
    assert run([sys.executable, "-c", ALERTS], live_server, program, tmp_path) == ""
    run([sys.executable, "-c", SHEET], live_server, program, tmp_path)
    with (tmp_path / "products.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["title"] for row in rows] == [f"'=Shirt {number:03}" for number in range(120)]
    assert rows[-1]["num_iid"] == f"'{watch.product.num_iid}"


def test_the_table_names_every_address() -> None:
    described = set()
    for path, methods in api.get_openapi_schema()["paths"].items():
        described |= {(method.upper(), re.sub(r"\{(?!num_iid)\w+\}", "{id}", path)) for method in methods}
    named = set()
    for method, paths in re.findall(r"\| `(GET|POST|PATCH|DELETE) (/api/v1/[^|]*) \|", DOCS):
        first, *tails = re.findall(r"[/\w{}]+", paths)
        named |= {(method, first), *((method, first + tail) for tail in tails)}
    assert named == described
    assert ROOT in DOCS
