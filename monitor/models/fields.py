"""Fields that read fast: every check reads and compares what a product's content is. And what a name may hold."""

from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from monitor.formatting import has_web_address


def refuse_web_addresses(name: str) -> None:
    """Raise `ValidationError` where a name, which goes out in mails to others, holds a web address."""
    if has_web_address(name):
        raise ValidationError(_("Leave out web addresses such as example.com."), code="web_address")


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
