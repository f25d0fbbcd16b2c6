"""Fields that read fast: every check reads and compares what a product's content is."""

from typing import Any

import orjson
from django.db import models


class JSONField(models.JSONField):
    """Django's own to the database and to migrations, but read with orjson."""

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if isinstance(value, str):
            try:
                return orjson.loads(value)
            except orjson.JSONDecodeError:
                pass  # What it does not read and json does: whole numbers beyond 64 bits.
        return super().from_db_value(value, expression, connection)
