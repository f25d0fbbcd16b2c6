"""What `migrate` says about the database before it begins."""

import pytest
from django.core.checks import Tags, run_checks
from django.db import connection

pytestmark = pytest.mark.django_db


def told() -> list[tuple[str | None, str]]:
    return [(one.id, str(one.msg)) for one in run_checks(tags=[Tags.database], databases=["default"])]


@pytest.mark.postgres
def test_an_index_that_was_interrupted_is_told() -> None:
    assert told() == []
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'product_due'::regclass")
    assert told() == [("monitor.W020", "The index product_due is made only in part.")]


def test_a_whole_database_has_nothing_to_be_told() -> None:
    assert told() == []
