"""Operations of migrations that do not lock a large table while they read it. For migrations with `atomic = False`.

On PostgreSQL they are Django's own, which other databases do not know: there they do what the plain operations do.
"""

from typing import Any

from django.contrib.postgres import operations as postgres
from django.db import migrations


class _PlainElsewhere:
    plain: type[migrations.operations.base.Operation] | None

    def _run(self, method: str, schema_editor: Any, *args: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            getattr(super(), method)(*args)
        elif self.plain is not None:
            getattr(self.plain, method)(self, *args)

    def database_forwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        self._run("database_forwards", schema_editor, app_label, schema_editor, *states)

    def database_backwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        self._run("database_backwards", schema_editor, app_label, schema_editor, *states)


class AddIndexConcurrently(_PlainElsewhere, postgres.AddIndexConcurrently):
    plain = migrations.AddIndex


class RemoveIndexConcurrently(_PlainElsewhere, postgres.RemoveIndexConcurrently):
    plain = migrations.RemoveIndex


class AddConstraintNotValid(_PlainElsewhere, postgres.AddConstraintNotValid):
    plain = migrations.AddConstraint


class ValidateConstraint(_PlainElsewhere, postgres.ValidateConstraint):
    """Validates a constraint that `AddConstraintNotValid` has added, in a later migration."""

    plain = None
