"""Values as the database's driver takes them, for the few statements that are written by hand."""

import uuid
from datetime import datetime
from typing import Any

from django.db import connection, models

_UUID = models.UUIDField()


def raw_uuid(value: uuid.UUID) -> Any:
    return _UUID.get_db_prep_value(value, connection)


def raw_instant(value: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(value)
