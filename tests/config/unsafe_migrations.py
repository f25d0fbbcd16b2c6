"""What a migration may not do: lock a table of 10⁸ rows while it reads it, or break processes of
the version before.

The operations that it may use instead are those of `django.contrib.postgres`; on SQLite they need
their plain twins."""

from collections.abc import Iterator
from typing import Any

from django.contrib.postgres import operations as postgres
from django.db import migrations
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.fields import FieldOperation
from django.db.migrations.operations.models import IndexOperation
from django.db.migrations.state import ProjectState
from django.db.models.fields import NOT_PROVIDED
from django.db.utils import ConnectionHandler

#: Tables that stay small, whatever is watched. A new table counts as large.
SMALL = {"allowance", "budget", "heartbeat", "provideraccount", "schedulefit", "usage", "usageday"}
#: Values of `db_default` that PostgreSQL computes once, not for each row.
STABLE = {"Now", "Value"}
# It says what PostgreSQL would do, and is never connected.
POSTGRES = ConnectionHandler({"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "-"}})[
    "default"
]

type Fault = str


def faults(migration: Migration, state: ProjectState) -> list[Fault]:
    """Return what is wrong with a migration; `state` is the one before it, and becomes the one
    after it."""
    found: list[Fault] = []
    made: set[str] = set()
    locked: set[str] = set()
    for operation in migration.operations:
        found += _faults(operation, migration, state, made)
        locked |= _locked(operation, migration, state) - made
        operation.state_forwards(migration.app_label, state)
    if migration.atomic and len(locked) > 1:
        found.append(
            "locks several tables until its end, and deadlocks with pages that read them: set "
            "atomic = False"
        )
    return found


def _locked(operation: Any, migration: Migration, state: ProjectState) -> set[str]:
    """Return the models whose tables an operation locks against readers."""
    editor: Any = POSTGRES.schema_editor()
    is_of_table = isinstance(operation, FieldOperation | IndexOperation)
    locked = {getattr(operation, "model_name", "").lower()} if is_of_table else set()
    if not isinstance(operation, migrations.AlterField):
        return locked
    before, after = _columns(operation, migration, state)
    # A foreign key is dropped and made anew.
    also = (
        {before.remote_field.model._meta.model_name}
        if before.many_to_one and before.db_constraint
        else set()
    )
    return locked | also if editor._field_should_be_altered(before, after) else set()


def _faults(
    operation: Operation, migration: Migration, state: ProjectState, made: set[str]
) -> Iterator[Fault]:
    if isinstance(operation, migrations.SeparateDatabaseAndState):
        # The state forgets a column or table in one version, and the database in the next one.
        for inner in operation.database_operations:
            if not isinstance(inner, migrations.RemoveField | migrations.DeleteModel):
                yield from _faults(inner, migration, state, made)
    elif isinstance(operation, migrations.CreateModel):
        made.add(operation.name_lower)
    elif isinstance(operation, migrations.RunPython | migrations.RunSQL):
        own = operation.atomic if isinstance(operation, migrations.RunPython) else None
        if migration.atomic if own is None else own:
            yield "works in one transaction: set atomic = False, and write in batches"
    elif isinstance(
        operation, migrations.RenameField | migrations.RenameModel | migrations.AlterModelTable
    ):
        yield "renames what the version before still uses"
    elif isinstance(operation, migrations.RemoveField | migrations.DeleteModel):
        yield "removes what the version before still uses: first from the state alone"
    elif (
        getattr(operation, "model_name_lower", getattr(operation, "model_name", "")).lower()
        not in made
    ):
        yield from _faults_of_table(operation, migration, state)


def _faults_of_table(
    operation: Operation, migration: Migration, state: ProjectState
) -> Iterator[Fault]:
    is_large = getattr(operation, "model_name", "").lower() not in SMALL
    match operation:
        case migrations.AddField():
            _, after = _columns(operation, migration, state)
            is_filled = (
                after.null
                or after.many_to_many
                or after.generated
                or after.db_default is not NOT_PROVIDED
            )
            if not is_filled:
                yield (
                    "adds a column that the version before does not fill: give it null or "
                    "db_default"
                )
            if is_large:
                yield from _faults_of_column(after)
        case migrations.AlterField() if is_large:
            yield from _faults_of_change(*_columns(operation, migration, state))
        case migrations.AddIndex() if is_large and not isinstance(
            operation, postgres.AddIndexConcurrently
        ):
            yield "makes an index without CONCURRENTLY"
        case migrations.AddConstraint() if is_large and not isinstance(
            operation, postgres.AddConstraintNotValid
        ):
            yield "adds a constraint without NOT VALID"
        case postgres.ValidateConstraint() if any(
            isinstance(each, postgres.AddConstraintNotValid) for each in migration.operations
        ):
            yield (
                "validates a constraint under the lock of its creation: do it in the next migration"
            )


def _columns(
    operation: migrations.AddField | migrations.AlterField,
    migration: Migration,
    state: ProjectState,
) -> Any:
    """Return the field before the operation, if there was one, and after it."""
    after = state.clone()
    operation.state_forwards(migration.app_label, after)
    models = [
        each.apps.get_model(migration.app_label, operation.model_name) for each in (state, after)
    ]
    fields = [{field.name: field for field in model._meta.get_fields()} for model in models]
    return [of_model.get(operation.name) for of_model in fields]


def _faults_of_column(field: Any) -> Iterator[Fault]:
    default = field.db_default
    if field.generated or (
        default is not NOT_PROVIDED
        and type(default).__name__ not in STABLE
        and hasattr(default, "resolve_expression")
    ):
        yield "rewrites the table: a generated column, or a default for each row"
    if field.db_index or field.unique:
        yield "makes an index without CONCURRENTLY"
    if field.db_check(POSTGRES):
        yield "reads the table for the check of a positive number"


def _faults_of_change(before: Any, after: Any) -> Iterator[Fault]:
    old, new = (field.db_type(POSTGRES) or "" for field in (before, after))
    is_widened = old.startswith("varchar") and (
        new in ("varchar", "text") or _length(new) >= _length(old) > 0
    )
    if old != new and not is_widened:
        yield f"rewrites the table: {old} becomes {new}"
    if before.null and not after.null:
        yield "reads the table for NOT NULL"
    if (after.db_index, after.unique) > (before.db_index, before.unique):
        yield "makes an index without CONCURRENTLY"
    if after.db_check(POSTGRES) and not before.db_check(POSTGRES):
        yield "reads the table for the check of a positive number"


def _length(db_type: str) -> int:
    """Return n of varchar(n), or 0."""
    digits = db_type.removeprefix("varchar(").removesuffix(")")
    return int(digits) if digits.isdigit() else 0
