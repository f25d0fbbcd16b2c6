"""Checks of the database, which `migrate` runs first."""

import pytest
from django.core.checks import Tags, run_checks
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from monitor.checks import LAST_REPLACED

pytestmark = pytest.mark.django_db


def messages() -> list[tuple[str | None, str]]:
    return [
        (message.id, str(message.msg))
        for message in run_checks(tags=[Tags.database], databases=["default"])
    ]


@pytest.mark.postgres
def test_an_index_whose_creation_was_interrupted_is_reported() -> None:
    assert messages() == []
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'product_due'::regclass"
        )
    assert messages() == [("monitor.W020", "The index product_due is made only in part.")]


def test_a_complete_database_has_no_messages() -> None:
    assert messages() == []


def test_a_database_that_lacks_some_replaced_migrations_is_reported() -> None:
    MigrationRecorder(connection).record_unapplied(*LAST_REPLACED)
    assert messages() == [
        ("monitor.E028", "The database is of a version that this one cannot migrate.")
    ]
