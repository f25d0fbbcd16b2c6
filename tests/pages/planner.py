"""PostgreSQL's planner: reads its plans, and makes it plan badly, as with outdated statistics."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import connection


def plan(sql: str, parameters: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    """Run a statement and return its plan."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", parameters)
        [[plans]] = cursor.fetchall()
    node: Mapping[str, Any] = (plans if isinstance(plans, list) else json.loads(plans))[0]["Plan"]
    return node


def steps(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from steps(child)


def rows_read(node: Mapping[str, Any]) -> Counter[str]:
    """Return rows that a step of a plan and the steps below it read, by table, including discarded
    rows."""
    read: Counter[str] = Counter()
    for step in steps(node):
        if "Relation Name" in step:
            kinds = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
            rows = sum(step.get(kind, 0) for kind in kinds) * step["Actual Loops"]
            read[step["Relation Name"].removeprefix("monitor_")] += round(rows)
    return read
