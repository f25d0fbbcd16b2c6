"""What the description of the API (OpenAPI) says beyond django-ninja's part: the form of errors,
and descriptions of shared types."""

from typing import Any

from monitor.api.errors import PROBLEM
from monitor.api.schemas import ProblemDetails

_REF = "#/components/schemas/{model}"
_ERROR = {
    "description": "An error",
    "content": {PROBLEM: {"schema": {"$ref": _REF.format(model="ProblemDetails")}}},
}


def complete(document: dict[str, Any]) -> None:
    """Add what django-ninja leaves out."""
    schemas = document["components"]["schemas"]
    problem = ProblemDetails.model_json_schema(ref_template=_REF, mode="serialization")
    schemas |= {**problem.pop("$defs"), "ProblemDetails": problem}
    for schema in schemas.values():
        for field in schema.get("properties", {}).values():
            _lift(field)
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"]["default"] = _ERROR
            for parameter in operation["parameters"]:
                _lift(parameter["schema"])
                # Its examples are those of its schema: beside it they would have another form.
                parameter.pop("examples", None)
                parameter["description"] = parameter["schema"].get("description", "")


def _lift(field: dict[str, Any]) -> None:
    """Copy the description of a field that may be `null` from its type to the field."""
    for part in field.get("anyOf", []):
        if "description" in part:
            field.setdefault("description", part.pop("description"))
