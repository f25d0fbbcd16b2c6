"""The recipes of docs/api.md work, and its table names every address."""

import csv
import json
import os
import re
import runpy
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from pytest_django.live_server_helper import LiveServer

from monitor.api import api
from monitor.api.errors import KINDS
from monitor.models import User, Watchlist
from monitor.telling.channels.parts import ChannelTarget
from monitor.telling.channels.webhook import SPEC, new_secret
from tests.api import ROOT, Program
from tests.models.factories import NOW, AlertFactory, ProductFactory, WatchFactory
from tests.telling.channels.contents import PICTURE, content, entry

DOCS = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text()
VERIFYING, SETTING, FELL, ALERTS, SHEET = re.findall(r"```(?:sh|python)\n(.*?)```", DOCS, re.DOTALL)


def run(command: list[str], server: LiveServer, program: Program, folder: Path) -> str:
    assert {"SITE", "TOKEN"} == set(re.findall(r"export (\w+)=", SETTING))
    env = {"PATH": os.environ["PATH"], "SITE": server.url, "TOKEN": program.secret}
    done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.django_db(transaction=True)
def test_the_recipes_work(
    live_server: LiveServer, merchant: User, watchlist: Watchlist, tmp_path: Path
) -> None:
    for number in range(120):
        product = ProductFactory.create(title=f"=Shirt {number:03}", changed_at=NOW)
        watch = WatchFactory.create(watchlist=watchlist, product=product)
    AlertFactory.create(watchlist=watchlist, product=watch.product)
    program = Program.of(merchant, scope="write")

    printed = run([sys.executable, "-c", ALERTS], live_server, program, tmp_path)
    assert "=Shirt 119" in printed
    assert run([sys.executable, "-c", ALERTS], live_server, program, tmp_path) == ""
    run([sys.executable, "-c", SHEET], live_server, program, tmp_path)
    with (tmp_path / "products.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["title"] for row in rows] == [f"'=Shirt {number:03}" for number in range(120)]
    assert rows[-1]["num_iid"] == f"'{watch.product.num_iid}"


@pytest.fixture
def is_genuine(tmp_path: Path) -> Any:
    file = tmp_path / "verifying.py"
    file.write_text(VERIFYING)
    return runpy.run_path(str(file))["is_genuine"]


def test_a_receiver_takes_only_what_we_signed_just_now(is_genuine: Any) -> None:
    secret = new_secret()
    # While a secret is changed, both sign.
    post = SPEC.write(
        ChannelTarget("https://erp.example.com/hooks", f"{new_secret()} {secret}"),
        content(entry()),
        NOW,
    )
    assert is_genuine(post.body, post.headers, secret)
    assert not is_genuine(post.body, post.headers, new_secret())
    assert not is_genuine(post.body.replace(b"6300", b"6301"), post.headers, secret)
    assert not is_genuine(post.body, {**post.headers, "webhook-id": "msg_2"}, secret)
    with time_machine.travel(NOW + timedelta(minutes=6)):
        assert not is_genuine(post.body, post.headers, secret)


def test_the_example_of_a_webhook_has_what_a_message_has() -> None:
    [example] = [
        json.loads(text)
        for text in re.findall(r"```json\n(.*?)```", DOCS, re.DOTALL)
        if '"alerts"' in text
    ]
    sent = json.loads(
        SPEC.write(ChannelTarget("", ""), content(entry(image=PICTURE, rule_id=41)), NOW).body
    )
    assert shape(example) == shape(sent)


def shape(value: Any) -> Any:
    """Return the names of a JSON value, and the types of what they name."""
    if isinstance(value, dict):
        return {name: shape(part) for name, part in value.items()}
    return [shape(part) for part in value] if isinstance(value, list) else type(value)


def test_the_docs_name_every_kind_of_error() -> None:
    [table] = re.findall(r"## Errors(.*?)\n## ", DOCS, re.DOTALL)
    for kind, status in KINDS.items():
        assert re.search(rf"^\| [^|]*{status}[^|]* \|[^|]*`{kind}`", table, re.MULTILINE), kind


def test_the_table_names_every_address() -> None:
    described = set()
    for path, methods in api.get_openapi_schema()["paths"].items():
        described |= {
            (method.upper(), re.sub(r"\{(?!num_iid)\w+\}", "{id}", path)) for method in methods
        }
    named = set()
    for method, paths in re.findall(r"\| `(GET|POST|PATCH|DELETE) (/api/v1/[^|]*) \|", DOCS):
        first, *tails = re.findall(r"[/\w{}]+", paths)
        named |= {(method, first), *((method, first + tail) for tail in tails)}
    assert named == described
    assert ROOT in DOCS
