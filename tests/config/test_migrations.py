"""The migrations create the tables that the models describe, and leave running sites and large
tables alone."""

from binascii import b2a_base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from struct import Struct
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    ValidateConstraint,
)
from django.core.management import call_command
from django.db import connection, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import (
    AddField,
    AddIndex,
    AlterField,
    CreateModel,
    RemoveField,
    RenameField,
    RunPython,
    RunSQL,
)
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration
from django.db.migrations.operations import AddConstraint, SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django.db.models.functions import Now, Random

from monitor.judging.schedule.belief import Belief
from monitor.judging.schedule.planner import Known
from monitor.models import Alert, AssortmentEntry, Channel, Message, Product, User
from tests.config.unsafe_migrations import faults

#: The migration that makes the tables of a new database, and the last one of each release, the
#: first one first.
BEGINNING, RELEASES = "0001_version_1", ["0003_spare_indexes_of_changes"]


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_every_table_has_the_columns_of_its_model() -> None:
    """And those of the version before, until the next one drops them."""
    with connection.cursor() as cursor:
        for model in (Product, Alert, Message, Channel, User):
            described = connection.introspection.get_table_description(cursor, model._meta.db_table)
            assert {column.name for column in described} >= {
                field.column for field in model._meta.concrete_fields
            }


@pytest.mark.django_db
def test_the_migrations_have_one_beginning_and_one_end() -> None:
    """Users come first: other tables, as Django's admin log, refer to them."""
    loader = MigrationLoader(connection)
    assert loader.graph.root_nodes("monitor") == [("monitor", BEGINNING)]
    assert len(loader.graph.leaf_nodes("monitor")) == 1


def test_no_migration_locks_a_large_table_or_breaks_the_version_before() -> None:
    loader = MigrationLoader(None)
    plan = [
        key
        for key in loader.graph.forwards_plan(loader.graph.leaf_nodes("monitor")[0])
        if key[0] == "monitor"
    ]
    later = plan[plan.index(("monitor", RELEASES[0])) + 1 :]
    found = {
        key: faults(loader.get_migration(*key), loader.project_state(key, at_end=False))
        for key in later
    }
    assert not {key: wrong for key, wrong in found.items() if wrong}


INDEX = models.Index(fields=["title"], name="example")
CHECK = models.CheckConstraint(condition=models.Q(price__gte=0), name="example_check")


def nothing(*_: Any) -> None:
    pass


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (AddIndex("product", INDEX), AddIndexConcurrently("product", INDEX)),
        (AddConstraint("product", CHECK), AddConstraintNotValid("product", CHECK)),
        (RunPython(nothing), None),
        (RunSQL("UPDATE monitor_product SET title = ''"), None),
        (
            AddField("product", "x", models.IntegerField(default=1)),
            AddField("product", "x", models.IntegerField(null=True)),
        ),
        (
            AddField("product", "x", models.FloatField(db_default=Random())),
            AddField("product", "x", models.DateTimeField(db_default=Now())),
        ),
        (
            AddField("product", "x", models.PositiveIntegerField(db_default=1)),
            AddField("budget", "x", models.PositiveIntegerField(db_default=1)),
        ),
        (
            AddField("product", "x", models.ForeignKey("monitor.User", models.SET_NULL, null=True)),
            AddField(
                "product",
                "x",
                models.ForeignKey("monitor.User", models.SET_NULL, null=True, db_index=False),
            ),
        ),
        (
            AlterField("product", "title", models.BinaryField()),
            AlterField("product", "title", models.CharField(max_length=900, null=True)),
        ),
        (
            AlterField("product", "price", models.BigIntegerField()),
            AlterField("product", "price", models.BigIntegerField(null=True)),
        ),
        (RenameField("product", "title", "name"), None),
        (
            RemoveField("product", "title"),
            SeparateDatabaseAndState(state_operations=[RemoveField("product", "title")]),
        ),
        (
            AddField("product", "x", models.IntegerField(null=True, db_index=True)),
            CreateModel(
                "Example",
                [
                    ("id", models.BigAutoField(primary_key=True)),
                    ("x", models.IntegerField(db_index=True)),
                ],
            ),
        ),
    ],
)
def test_it_sees_what_a_later_migration_may_not_do(
    wrong: Operation, right: Operation | None
) -> None:
    assert faults(made_of(wrong), state())
    assert right is None or not faults(made_of(right), state())


def test_work_in_batches_is_allowed_and_a_constraint_is_validated_by_the_next_migration() -> None:
    assert not faults(made_of(RunPython(nothing), atomic=False), state())
    assert not faults(made_of(ValidateConstraint("product", "example_check")), state())
    assert faults(
        made_of(AddConstraintNotValid("product", CHECK), ValidateConstraint("product", CHECK.name)),
        state(),
    )


def test_a_migration_locks_one_table_at_a_time() -> None:
    """While it waits for a second one, a page that reads both waits for it: one of them would
    fail."""
    two = [AddField(model, "x", models.IntegerField(null=True)) for model in ("product", "user")]
    assert faults(made_of(*two), state())
    assert not faults(made_of(*two, atomic=False), state())
    key = models.ForeignKey("monitor.Watchlist", models.CASCADE, null=True, db_index=False)
    assert faults(made_of(AlterField("watch", "watchlist", key)), state())
    second = MigrationLoader(None).get_migration("monitor", "0002_restoring_thinning_replicas")
    assert not faults(second, MigrationLoader(None).project_state(("monitor", BEGINNING)))


def made_of(*operations: Operation, atomic: bool = True) -> Migration:
    made: type[Migration] = type(
        "Made", (Migration,), {"operations": list(operations), "atomic": atomic}
    )
    return made("example", "monitor")


def state() -> Any:
    return MigrationLoader(None).project_state(("monitor", RELEASES[0]))


@pytest.fixture
def empty_database(transactional_db: None, tmp_path: Path) -> Iterator[BaseDatabaseWrapper]:
    """Let everything use a database without tables, until the test ends."""
    ours, name = connections["default"], f"release_{uuid4().hex}"
    other = ours.copy()
    if ours.vendor == "sqlite":
        other.settings_dict["NAME"] = tmp_path / name
    else:
        other.settings_dict["NAME"] = name
        with ours._nodb_cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
    connections["default"] = other
    try:
        yield other
    finally:
        other.close()
        connections["default"] = ours
        if ours.vendor != "sqlite":
            with ours._nodb_cursor() as cursor:
                cursor.execute(f"DROP DATABASE {name}")


@pytest.mark.parametrize("release", [BEGINNING, *RELEASES])
def test_a_database_of_each_release_with_rows_in_all_tables_becomes_one_of_today(
    release: str, empty_database: BaseDatabaseWrapper
) -> None:
    executor = MigrationExecutor(empty_database)
    executor.migrate([("monitor", release)])
    # Anew: in the state that `migrate` returns, models that no migration touched last refer to
    # former ones.
    tables = fill(executor.loader.project_state(("monitor", release)).apps)
    assert len(tables) > 50
    call_command("migrate", verbosity=0)
    for model in apps.get_app_config("monitor").get_models(include_auto_created=True):
        if model._meta.db_table in tables:
            assert model._default_manager.values().first(), model
    assert AssortmentEntry.objects.get().product_id, "copied to its new table"
    assert Message.objects.exclude(sent_body=None).exists(), "copied from its former table"


def test_what_checks_have_taught_a_database_of_version_1_is_still_known() -> None:
    knowledge_of: Any = import_module("monitor.migrations.0017_knowledge_as_json").knowledge_of
    belief = Belief(3.5, 4.25)
    packed = b2a_base64(Struct("<6fIB").pack(*belief, 0.5, -1.0, 2.0, 0.125, 7, 3))
    prior = {"mean": 0.5, "shape": 1.0}
    stored = knowledge_of(packed.decode().strip(), 0.8, prior)
    assert Known.load(stored) == Known(belief, 0.125, 0.8)
    assert knowledge_of("of an earlier version", 0.8, prior) is None


#: Of columns that may be empty: where a row needs one of two.
ONE_OF = {"Allowance.person", "Change.product", "RuleMemory.product"}
#: A value for columns that need one.
VALUES: dict[type[models.Field], Any] = {  # type: ignore[type-arg]
    models.DateField: datetime(2026, 12, 1, tzinfo=UTC).date(),
    models.DateTimeField: datetime(2026, 12, 1, tzinfo=UTC),
    models.DurationField: timedelta(hours=1),
    models.BinaryField: b"x",
    models.UUIDField: uuid4(),
}


def fill(of_release: Any) -> set[str]:
    """Write a row into each table of the release; return the tables."""
    rows: dict[str, Any] = {}
    # A pairing needs two products.
    waiting = [
        model
        for model in of_release.get_models(include_auto_created=True)
        if model.__name__ != "Pairing"
    ]
    while waiting:
        model = waiting.pop(0)
        columns = [
            field
            for field in model._meta.concrete_fields
            if not (field.auto_created or field.generated)
        ]
        needed = [
            field
            for field in columns
            if f"{model.__name__}.{field.name}" in ONE_OF or not (field.null or field.has_default())
        ]
        if any(
            field.remote_field and field.related_model._meta.db_table not in rows
            for field in needed
        ):
            waiting.append(model)
        else:
            values = {field.name: value_of(field, rows) for field in needed}
            rows[model._meta.db_table] = model._default_manager.create(**values)
    return set(rows)


def value_of(field: Any, rows: dict[str, Any]) -> Any:
    if field.remote_field:
        return rows[field.related_model._meta.db_table]
    return next(
        (value for kind, value in VALUES.items() if type(field) is kind),
        "1" if field.empty_strings_allowed else 1,
    )
