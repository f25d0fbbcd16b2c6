"""The migrations create the tables that the models describe."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from monitor import models


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_every_table_has_the_columns_of_its_model() -> None:
    with connection.cursor() as cursor:
        for model in (models.Product, models.ProductIndex, models.Alert, models.Message, models.Channel, models.User):
            described = connection.introspection.get_table_description(cursor, model._meta.db_table)
            assert {column.name for column in described} == {field.column for field in model._meta.concrete_fields}


@pytest.mark.django_db
def test_the_migrations_have_one_beginning_and_one_end() -> None:
    """Users come first: other tables, as Django's admin log, refer to them."""
    loader = MigrationLoader(connection)
    assert loader.graph.root_nodes("monitor") == [("monitor", "0001_initial")]
    assert len(loader.graph.leaf_nodes("monitor")) == 1
