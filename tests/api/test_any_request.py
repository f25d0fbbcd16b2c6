"""Whatever a program sends, the answer is a success or a problem, and never our fault or a stranger's data."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.accounts import channels
from monitor.api import api
from monitor.models import Rule, Throttle, User, Watchlist
from monitor.uploads.links import read_text
from monitor.watchlists.imports import Source, Target, add_some, start_import
from tests.api import ROOT, Program, problem_of
from tests.factories import NOW, AlertFactory, ProductFactory, WatchFactory, WatchlistFactory

pytestmark = pytest.mark.django_db
SCHEMA = api.get_openapi_schema()
OPERATIONS = [
    (method.upper(), path.removeprefix(ROOT), operation)
    for path, methods in SCHEMA["paths"].items()
    for method, operation in methods.items()
]
FINE = {200, 201, 202, 204, 304, 400, 403, 404, 409, 413, 422}
ODD = st.text() | st.sampled_from(
    ["", "0", "-1", "1e3", "9" * 18, "9" * 30, "\0", "null", "true", "衬" * 600, "2026-11-25T00:00:00Z", "price", "day"]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | ODD
ANY_JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=6
)


def value_of(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a schema describes, or nearly."""
    if "$ref" in schema:
        schema = SCHEMA["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        return st.one_of(*map(value_of, schema["anyOf"]))
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    match schema.get("type"):
        case "object":
            fields = {name: value_of(field) | ANY_JSON for name, field in schema["properties"].items()}
            return st.fixed_dictionaries({}, optional=fields)
        case "array":
            return st.lists(value_of(schema["items"]), max_size=3)
        case "integer":
            return st.integers(schema.get("minimum", -9), schema.get("maximum", 10**9))
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
    return st.from_regex(schema["pattern"]) if "pattern" in schema else st.text()


@pytest.fixture
def things(watchlist: Watchlist) -> list[str]:
    """IDs of the merchant's things and of a stranger's."""
    stranger = WatchlistFactory.create(name="Secret")
    for owned, title in ((watchlist, "Shirt"), (stranger, "Secret shirt")):
        product = ProductFactory.create(title=title, shop__name=title)
        WatchFactory.create(watchlist=owned, product=product, note=title)
        AlertFactory.create(watchlist=owned, product=product)
        Rule.objects.create(watchlist=owned, kind="price_below", threshold=6900)
        channels.add(owned.owner, "webhook", title, {"url": "https://secret.example.com/Secret"}, "…cret", NOW)
        lines = tuple(read_text("3514453298386183303"))
        add_some(start_import(owned.owner, Source(title, lines), Target(owned, "", owned.interval), NOW), NOW)
    rows = list(User.objects.values_list("watchlists", "watchlists__watches__product__num_iid"))
    things = list(Watchlist.objects.values_list("alerts", "rules", "imports", "owner__channels"))
    shops = list(Watchlist.objects.values_list("watches__product__shop"))
    return sorted({str(key) for row in [*rows, *things, *shops] for key in row if key is not None})


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_no_request_is_our_fault(data: st.DataObject, writer: Program, things: list[str]) -> None:
    ids = st.sampled_from(things)
    method, path, operation = data.draw(st.sampled_from(OPERATIONS))
    query: dict[str, Any] = {}
    for parameter in operation["parameters"]:
        name = parameter["name"]
        if parameter["in"] == "path":
            value = data.draw(ids | ODD.filter(lambda text: text not in ("", ".", "..")))
            path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
        elif parameter["in"] == "query" and data.draw(st.booleans()):
            query[name] = str(data.draw(value_of(parameter["schema"]) | ids | ODD))
    body = None
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        body = json.dumps(data.draw(value_of(schema) | ANY_JSON))
    Throttle.objects.all().delete()
    response = writer.send(method, path, body, **query)
    assert response.status_code in FINE, response.content
    assert "Secret" not in response.content.decode()
    if response.status_code >= 400:
        problem_of(response, response.status_code)
