"""Values of changes as the database keeps them: to read the JSON of each of a thousand takes longer than the query."""

import json
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast

from monitor.changes import Json

#: The values of a change as text.
AS_STORED = {"was": Cast("before", TextField()), "told": Cast("after", TextField())}


def value(text: Any) -> Json:
    """What `text` stands for; most of them are whole numbers."""
    if text is None:
        return None
    read: Json = int(text) if text.isdecimal() else json.loads(text)
    return read
