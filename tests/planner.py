"""PostgreSQL's planner, led to plans that it chooses only when its statistics are far off."""

from django.db import connection


def planned_awkwardly() -> None:
    """Until the transaction ends, joins run their inner side again for every row of the outer one."""
    with connection.cursor() as cursor:
        for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
