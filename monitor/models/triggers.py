"""The triggers that keep `ProductIndex` true, for both databases. Installed by migrations and after each of them.

Locks are taken in one order: products by their keys, then rows of the index. Who changes watches would otherwise hold
an index row and want its product, while a worker who records the product wants it the other way round.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from monitor.provider.observation import GONE

#: Products that are filled in by one statement.
CHUNK = 5000
#: Of a product on more lists the index tells none: its indexes carry them along, and their entries may not be long.
MOST_LISTS = 32
_GONE = ", ".join(f"'{status}'" for status in sorted(GONE))
#: The index's columns and where their values are in `p`, the product, and `s`, its shop if it has one.
COPIED = {
    "shop_key": "p.shop_id",
    "words": "lower(coalesce(p.title, '') || {line} || coalesce(s.name, '') || {line} || p.num_iid)",
    "title": "p.title",
    "shop_name": "s.name",
    "price": f"CASE WHEN p.status IN ({_GONE}) THEN NULL ELSE p.price END",
    "look_back_at": "p.changed_at",
    "sales": "p.sales",
    "status": "p.status",
    "first_data_time": "p.first_data_time",
    "changed_at": "p.changed_at",
    "failing_since": "p.failing_since",
    "interval": "p.interval",
    "soonest": "p.soonest",
    "hours": "p.hours",
    "is_paused": "p.next_check_at IS NULL",
}
#: What of a product has to change for its row of the index to be written again.
WATCHED = (
    *("shop_id", "title", "price", "sales", "status", "first_data_time", "changed_at", "failing_since"),
    *("interval", "soonest", "hours"),
)
#: Columns that are not there before a later migration: between the two the index does without them.
LATER = ("soonest", "hours")
POSTGRES_TRIGGERS = {
    "product_index_insert": "AFTER INSERT ON monitor_product FOR EACH ROW EXECUTE FUNCTION monitor_index_product()",
    "product_index_update": (
        "AFTER UPDATE ON monitor_product FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION monitor_index_product()"
    ),
    "product_index_shop": (
        "AFTER UPDATE ON monitor_shop FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name)"
        " EXECUTE FUNCTION monitor_index_shop()"
    ),
    "product_index_watched": (
        "AFTER INSERT ON monitor_watch REFERENCING NEW TABLE AS moved"
        " FOR EACH STATEMENT EXECUTE FUNCTION monitor_index_watches()"
    ),
    "product_index_moved": (
        "AFTER UPDATE ON monitor_watch REFERENCING NEW TABLE AS moved"
        " FOR EACH STATEMENT EXECUTE FUNCTION monitor_index_watches()"
    ),
    "product_index_unwatched": (
        "AFTER DELETE ON monitor_watch REFERENCING OLD TABLE AS moved"
        " FOR EACH STATEMENT EXECUTE FUNCTION monitor_index_watches()"
    ),
}


def install(connection: Any) -> None:
    """Make the triggers, whatever is there of them already. SQLite loses them whenever a table is made anew."""
    missing = _missing(connection)
    statements = _postgres(connection, missing) if connection.vendor == "postgresql" else _sqlite(missing)
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def uninstall(connection: Any) -> None:
    """Drop SQLite's triggers; until `install` and `fill` the index does not follow."""
    with connection.cursor() as cursor:
        for name in _sqlite_triggers(()):
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


def fill(connection: Any, *, anew: bool = False) -> None:
    """Write the rows of products that were there before the triggers: from the newest product to the oldest.

    So it is done when the oldest has its row, and goes on where it stopped when it was interrupted; `anew` writes
    them all again.
    """
    first, last = _keys(connection, "monitor_product")
    if first is None or last is None:
        return
    if first == _keys(connection, "monitor_productindex", "product_id")[0] and not anew:
        return
    missing = _missing(connection)
    for start in range(last - CHUNK + 1, first - CHUNK, -CHUNK):
        condition = f"p.id BETWEEN {start:d} AND {start + CHUNK - 1:d}"
        with connection.cursor() as cursor:
            cursor.execute(_upsert(connection.vendor, condition, missing))
            if connection.vendor == "postgresql":
                cursor.execute(_LISTS.format(most=MOST_LISTS, products=f"BETWEEN {start:d} AND {start + CHUNK - 1:d}"))


def _keys(connection: Any, table: str, column: str = "id") -> tuple[int | None, int | None]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT min({column}), max({column}) FROM {table}")  # noqa: S608 - Both are named above.
        first, last = cursor.fetchone()
    return first, last


def _missing(connection: Any) -> tuple[str, ...]:
    with connection.cursor() as cursor:
        columns = connection.introspection.get_table_description(cursor, "monitor_productindex")
    there = {column.name for column in columns}
    return tuple(name for name in LATER if name not in there)


def _select(vendor: str, condition: str, missing: Collection[str]) -> str:
    line = "chr(10)" if vendor == "postgresql" else "char(10)"
    values = ", ".join(value.format(line=line) for name, value in COPIED.items() if name not in missing)
    product = "monitor_product AS p LEFT JOIN monitor_shop AS s ON s.id = p.shop_id"
    return f"SELECT p.id, {values} FROM {product} WHERE {condition}"  # noqa: S608 - All of it stands in this file.


def _upsert(vendor: str, condition: str, missing: Collection[str]) -> str:
    copied = [column for column in COPIED if column not in missing]
    columns = ", ".join(copied)
    moved = ", ".join(f"{column} = excluded.{column}" for column in copied if column != "look_back_at")
    # Only a new price is a reason to look back before it was time to.
    differs = "IS DISTINCT FROM" if vendor == "postgresql" else "IS NOT"
    moved += (
        f", look_back_at = CASE WHEN monitor_productindex.price {differs} excluded.price"
        " THEN excluded.look_back_at ELSE monitor_productindex.look_back_at END"
    )
    return (
        f"INSERT INTO monitor_productindex (product_id, {columns}) {_select(vendor, condition, missing)}"
        f" ON CONFLICT (product_id) DO UPDATE SET {moved}"
    )


def _postgres(connection: Any, without: Collection[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'product_index_%%'")
        there = {name for (name,) in cursor.fetchall()}
    changed = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in WATCHED if name not in without)
    changed += " OR (OLD.next_check_at IS NULL) <> (NEW.next_check_at IS NULL)"
    functions = [
        _function("monitor_index_product", f"{_upsert('postgresql', 'p.id = NEW.id', without)};"),
        _function("monitor_index_shop", f"{_upsert('postgresql', 'p.shop_id = NEW.id', without)};"),
        _function(
            "monitor_index_watches",
            _LOCK + _LISTS.format(most=MOST_LISTS, products="IN (SELECT product_id FROM moved)"),
        ),
    ]
    # A trigger that is there stays: to make it again would keep all writers of a busy table waiting.
    missing = [(name, text) for name, text in POSTGRES_TRIGGERS.items() if name not in there]
    return functions + [f"CREATE TRIGGER {name} {text.format(changed=changed)}" for name, text in missing]


def _function(name: str, body: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
        f" $body$ BEGIN {body} RETURN NULL; END $body$"
    )


_LISTS = """
    UPDATE monitor_productindex AS i SET watchlists = n.lists FROM (
        SELECT p.id, CASE WHEN cardinality(w.lists) <= {most} THEN w.lists END AS lists
        FROM monitor_product AS p, LATERAL (
            SELECT ARRAY(
                SELECT watchlist_id FROM monitor_watch WHERE product_id = p.id ORDER BY watchlist_id
            ) AS lists
        ) AS w WHERE p.id {products}
    ) AS n WHERE i.product_id = n.id AND i.watchlists IS DISTINCT FROM n.lists;
"""
_LOCK = "PERFORM 1 FROM monitor_product WHERE id IN (SELECT product_id FROM moved) ORDER BY id FOR NO KEY UPDATE;"


def _sqlite(without: Collection[str]) -> list[str]:
    statements = []
    for name, (event, condition) in _sqlite_triggers(without).items():
        statements += [
            f"DROP TRIGGER IF EXISTS {name}",
            f"CREATE TRIGGER {name} {event} BEGIN {_upsert('sqlite', condition, without)}; END",
        ]
    return statements


def _sqlite_triggers(without: Collection[str]) -> dict[str, tuple[str, str]]:
    """By name, when each fires and for which products it writes the index."""
    changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in WATCHED if name not in without)
    changed += " OR (OLD.next_check_at IS NULL) <> (NEW.next_check_at IS NULL)"
    return {
        "product_index_insert": ("AFTER INSERT ON monitor_product", "p.id = NEW.id"),
        "product_index_update": (f"AFTER UPDATE ON monitor_product WHEN {changed}", "p.id = NEW.id"),
        "product_index_shop": ("AFTER UPDATE ON monitor_shop WHEN OLD.name IS NOT NEW.name", "p.shop_id = NEW.id"),
    }
