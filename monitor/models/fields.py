"""A JSON field that reads fast: every check reads the content of its product."""

from typing import Any

import orjson
from django.db import models


class JSONField(models.JSONField):
    """The same as Django's for the database and migrations, but reads with orjson."""

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
