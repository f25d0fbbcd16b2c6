"""What the statements of a test do, to count them."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

_STATEMENT = re.compile(
    r'\W*(?:(SELECT|DELETE)\b.*?\bFROM|(INSERT)\b.*?\bINTO|(UPDATE)) "(\w+)"', re.DOTALL
)


def statements(captured: Iterable[dict[str, Any]]) -> Counter[tuple[str, str]]:
    """Count the captured statements by their verb and first table: `("UPDATE",
    "monitor_product")`."""
    found = filter(None, (_STATEMENT.match(query["sql"]) for query in captured))
    return Counter((match[1] or match[2] or match[3], match[4]) for match in found)


def written(captured: Iterable[dict[str, Any]]) -> set[str]:
    """Return the tables that the captured statements write."""
    return {table for verb, table in statements(captured) if verb != "SELECT"}


def queries_of(act: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)


def queries_of_page(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)
