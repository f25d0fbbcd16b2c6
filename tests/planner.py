"""PostgreSQL's planner: what it plans, and how to lead it to what it chooses only when its statistics are far off."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import connection


def planned_awkwardly() -> None:
    """Until the transaction ends, joins run their inner side again for every row of the outer one."""
    with connection.cursor() as cursor:
        for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        # What functions have planned before is planned again.
        cursor.execute("DISCARD PLANS")


def plan(sql: str, given: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    """The plan of a statement, which is run."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", given)
        [[told]] = cursor.fetchall()
    node: Mapping[str, Any] = (told if isinstance(told, list) else json.loads(told))[0]["Plan"]
    return node


def steps(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from steps(child)


def rows_read(node: Mapping[str, Any]) -> Counter[str]:
    """Rows that a step of a plan and those below it looked at, by table: kept ones and those thrown away."""
    read: Counter[str] = Counter()
    for step in steps(node):
        if "Relation Name" in step:
            kinds = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
            rows = sum(step.get(kind, 0) for kind in kinds) * step["Actual Loops"]
            read[step["Relation Name"].removeprefix("monitor_")] += round(rows)
    return read
