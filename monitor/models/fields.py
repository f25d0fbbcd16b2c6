"""A JSON field and a constraint that several tables use."""

from typing import Any

import orjson
from django.db import models


class JSONField(models.JSONField):
    """The same as Django's for the database and migrations, but reads with orjson: checks and pages
    read thousands."""

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if isinstance(value, str):
            try:
                return orjson.loads(value)
            except orjson.JSONDecodeError:
                pass  # Integers beyond 64 bits, which only the standard library reads.
        return super().from_db_value(value, expression, connection)


def exactly_one_of(first: str, second: str, *, name: str) -> models.CheckConstraint:
    """Return the constraint that exactly one of two columns is set."""
    return models.CheckConstraint(
        condition=models.Q(**{f"{first}__isnull": False, f"{second}__isnull": True})
        | models.Q(**{f"{first}__isnull": True, f"{second}__isnull": False}),
        name=name,
    )
