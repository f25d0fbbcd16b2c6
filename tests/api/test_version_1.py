"""What version 1.0.0 has told programs of the API still holds: later versions only
add.

`version_1.json` is the OpenAPI document of 1.0.0 without words, limits and errors, a line for each
address and type. The kinds of channels and the header `Idempotency-Key` that 2.0.0 ended are out of
it. It stays until the API's address has another version."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.api import ROOT

FILE = Path(__file__).with_name("version_1.json")
#: What may change: words, and limits that become wider.
FREE = {
    *(
        "description",
        "summary",
        "title",
        "examples",
        "tags",
        "headers",
        "security",
        "default",
        "pattern",
        "operationId",
    ),
    *("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"),
}


#: The ends of the names of types that programs send: there nothing new may be required.
SENT = ("Given", "Changes", "ToAdd", "ToRead")


def contract(document: dict[str, Any]) -> dict[str, Any]:
    """Return the addresses and types of an OpenAPI document, as the file has them."""
    parts = {**document["paths"], **document["components"]["schemas"]}
    return {name: _bare(part) for name, part in sorted(parts.items())}


def _bare(part: Any, *, are_names: bool = False) -> Any:
    if isinstance(part, dict):
        kept = {key: value for key, value in part.items() if are_names or key not in FREE}
        return {key: _bare(value, are_names=key == "properties") for key, value in kept.items()}
    if isinstance(part, list):
        named = {row["name"]: row for row in part if isinstance(row, dict) and "name" in row}
        return _bare(named, are_names=True) if named else [_bare(row) for row in part]
    return part


def broken(promised: Any, now: Any, where: str = "") -> Iterator[str]:
    """Yield where `now` lacks, or tells otherwise, what was promised."""
    if where.endswith(" parameters"):  # None at all are an empty list.
        promised, now = promised or {}, now or {}
    if isinstance(promised, dict) and isinstance(now, dict):
        for key, value in promised.items():
            if key in now:
                yield from broken(value, now[key], f"{where} {key}")
            else:
                yield f"{where} {key} is gone"
        if where.endswith(" parameters"):
            yield from (
                f"{where} {key} is needed"
                for key in now
                if key not in promised and now[key].get("required")
            )
    elif isinstance(promised, list) and isinstance(now, list):
        yield from (f"{where}: {json.dumps(row)} is gone" for row in promised if row not in now)
        if where.endswith(" required") and where.split()[0].endswith(SENT):
            yield from (f"{where}: {row} is needed" for row in now if row not in promised)
    elif promised != now:
        yield f"{where}: {promised} became {now}"


@pytest.fixture
def today(db: None) -> dict[str, Any]:
    return contract(Client().get(f"{ROOT}/openapi.json").json())


def promised() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return told


def test_what_version_1_has_told_still_holds(today: dict[str, Any]) -> None:
    assert list(broken(promised(), today)) == []
