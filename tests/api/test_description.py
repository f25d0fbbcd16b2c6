"""The description of the API is open to everybody, and complete."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from tests.api import ROOT

pytestmark = pytest.mark.django_db


@pytest.fixture
def schema() -> Any:
    response = Client().get(f"{ROOT}/openapi.json")
    assert response.status_code == 200
    return response.json()


def test_it_is_openapi_of_version_3_1(schema: Any) -> None:
    assert schema["openapi"].startswith("3.1")
    assert schema["components"]["securitySchemes"]["TokenAuth"]["scheme"] == "bearer"


def test_every_reference_leads_somewhere(schema: Any) -> None:
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(schema)))
    assert len(named) > 20
    assert named <= schema["components"]["schemas"].keys()


def test_every_operation_has_a_name_of_its_own_and_tells_its_errors(schema: Any) -> None:
    operations = [operation for methods in schema["paths"].values() for operation in methods.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names) > 15
    for operation in operations:
        assert operation["description"], operation["operationId"]
        assert "application/problem+json" in operation["responses"]["default"]["content"]
        assert operation["security"] == [{"TokenAuth": []}]


def test_there_is_no_page_with_scripts_from_elsewhere() -> None:
    assert Client().get(f"{ROOT}/docs").status_code == 404
