"""The description of the API is public and complete."""

from collections.abc import Iterator
from typing import Any

import openapi_spec_validator
import pytest
from django.conf import settings
from django.test import Client

from tests.api import ROOT

pytestmark = pytest.mark.django_db


@pytest.fixture
def schema() -> Any:
    response = Client().get(f"{ROOT}/openapi.json")
    assert response.status_code == 200
    return response.json()


def parts_of(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for part in node.values() if isinstance(node, dict) else node if isinstance(node, list) else []:
        yield from parts_of(part)


def test_it_is_valid_openapi_of_version_3_1(schema: Any) -> None:
    assert schema["openapi"].startswith("3.1")
    openapi_spec_validator.validate(schema)
    assert schema["components"]["securitySchemes"]["TokenAuth"]["scheme"] == "bearer"


def test_it_names_the_site_and_the_values_of_filters_and_orders(schema: Any) -> None:
    assert schema["servers"] == [{"url": settings.SITE_URL}]
    parameters = {
        row["name"]: row for row in schema["paths"][f"{ROOT}/products"]["get"]["parameters"]
    }
    assert {"", "on_sale", "failing", "paused"} <= set(parameters["status"]["schema"]["enum"])
    assert {"-changed", "price", "-price"} <= set(parameters["sort"]["schema"]["enum"])
    assert "more_errors" in schema["components"]["schemas"]["ProblemDetails"]["properties"]


def test_every_operation_has_a_name_of_its_own_and_tells_its_errors(schema: Any) -> None:
    operations = [
        operation for methods in schema["paths"].values() for operation in methods.values()
    ]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names) > 15
    for operation in operations:
        assert operation["description"], operation["operationId"]
        assert "default" in operation["responses"]
        assert operation["security"] == [{"TokenAuth": []}]


def test_every_value_is_described(schema: Any) -> None:
    fields = {
        f"{name}.{field}": details
        for name, part in schema["components"]["schemas"].items()
        for field, details in part.get("properties", {}).items()
    }
    parameters = {
        f"{operation['operationId']}({parameter['name']})": {**parameter["schema"], **parameter}
        for methods in schema["paths"].values()
        for operation in methods.values()
        for parameter in operation["parameters"]
    }
    assert len(fields) > 300
    assert len(parameters) > 50
    values = {**fields, **parameters}
    assert not [name for name, details in values.items() if not details.get("description")]


def with_references(node: Any, schema: Any) -> Iterator[dict[str, Any]]:
    """Yield all parts of a request's type, also those that it refers to."""
    for part in parts_of(node):
        yield part
        if "$ref" in part:
            yield from with_references(
                schema["components"]["schemas"][part["$ref"].rpartition("/")[2]], schema
            )


def test_every_value_that_is_sent_has_limits(schema: Any) -> None:
    limits = {
        "integer": {"minimum", "maximum"},
        "string": {"maxLength", "pattern", "format"},
        "array": {"maxItems"},
    }
    operations = [
        operation for methods in schema["paths"].values() for operation in methods.values()
    ]
    sent = [[operation["parameters"], operation.get("requestBody")] for operation in operations]
    values = [
        part
        for part in with_references(sent, schema)
        if part.get("type") in limits and "enum" not in part
    ]
    assert len(values) > 100
    for value in values:
        known = limits[value["type"]] & value.keys()
        assert (
            known == limits["integer"] if value["type"] == "integer" else known or "const" in value
        ), value
