"""Indexes on tables that are full and in use."""

from typing import Any

from django.db import migrations


class AddIndexWhileInUse(migrations.AddIndex):
    """On PostgreSQL the table can be written while its index is made; elsewhere it is as `AddIndex`.

    A migration with this has `atomic = False`.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.add_index(model, self.index, concurrently=True)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
            return
        model = from_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.remove_index(model, self.index, concurrently=True)


class AddUniqueWhileInUse(migrations.AddConstraint):
    """The same for a unique constraint, be it one with a condition, which is an index alone, or without."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            make_unique(schema_editor, model, self.constraint, self.constraint.name)


class ReplaceUniqueWhileInUse(AddUniqueWhileInUse):
    """Another unique constraint with a condition in the place of the one of the same name, which holds until then."""

    def state_forwards(self, app_label: str, state: Any) -> None:
        state.remove_constraint(app_label, self.model_name_lower, self.constraint.name)
        super().state_forwards(app_label, state)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        if schema_editor.connection.vendor != "postgresql":
            self._replace(schema_editor, from_state.apps.get_model(app_label, self.model_name), model)
            return
        name, quoted = self.constraint.name, schema_editor.quote_name
        make_unique(schema_editor, model, self.constraint, f"{name}_new")
        schema_editor.execute(f"DROP INDEX CONCURRENTLY {quoted(name)}")
        schema_editor.execute(f"ALTER INDEX {quoted(f'{name}_new')} RENAME TO {quoted(name)}")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        models = [state.apps.get_model(app_label, self.model_name) for state in (from_state, to_state)]
        if self.allow_migrate_model(schema_editor.connection.alias, models[1]):
            self._replace(schema_editor, *models)

    def _replace(self, schema_editor: Any, before: Any, after: Any) -> None:
        schema_editor.remove_constraint(before, _constraint(before, self.constraint.name))
        schema_editor.add_constraint(after, _constraint(after, self.constraint.name))


def _constraint(model: Any, name: str) -> Any:
    return next(one for one in model._meta.constraints if one.name == name)


def make_unique(schema_editor: Any, model: Any, constraint: Any, name: str) -> None:
    """Make the index of a unique constraint on PostgreSQL beside running writers; what an attempt that failed has left
    of it is put away first."""
    quoted = schema_editor.quote_name(name)
    table = schema_editor.quote_name(model._meta.db_table)
    schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {quoted}")
    if constraint.condition is not None:
        statement = str(constraint.create_sql(model, schema_editor))
        begins, _, rest = statement.partition(schema_editor.quote_name(constraint.name))
        begins = begins.replace("UNIQUE INDEX", "UNIQUE INDEX CONCURRENTLY", 1)
        schema_editor.execute(f"{begins}{quoted}{rest}", params=None)
        return
    columns = ", ".join(schema_editor.quote_name(model._meta.get_field(one).column) for one in constraint.fields)
    schema_editor.execute(f"CREATE UNIQUE INDEX CONCURRENTLY {quoted} ON {table} ({columns})")
    schema_editor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {quoted} UNIQUE USING INDEX {quoted}")
