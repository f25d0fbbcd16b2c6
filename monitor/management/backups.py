"""Backups: the database in one file, and what must happen after one was restored, so that nothing
is done twice."""

import os
import sqlite3
import subprocess
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from django.core.management.base import CommandError
from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from django.utils.translation import gettext_noop

from monitor import models
from monitor.people import audit
from monitor.people.timing.plans import next_digest
from monitor.polling.budget import ledger
from monitor.polling.retry import is_full

#: The answer of messages that waited in the backup.
SET_ASIDE = gettext_noop("A backup was restored: it may have been sent before.")
#: More rows than any table gets between a backup and its restore; and what is left of a key of 32
#: bits, as Django's own tables have.
SKIPPED_IDS, SKIPPED_SMALL_IDS = 100_000_000, 1_000_000


def write(file: Path) -> None:
    """Write the database into a file that only its owner can read. It may be in use."""
    if models.User._meta.db_table not in connection.introspection.table_names():
        raise CommandError("The database has no tables of Stallwatch. Is DATABASE_URL set?")
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    if connection.vendor == "postgresql":
        _run("pg_dump", "--format=custom", "--no-owner", "--no-acl", f"--file={part}")
    else:
        connection.ensure_connection()
        with connection.wrap_database_errors, closing(sqlite3.connect(part)) as copy:
            connection.connection.backup(copy)
    part.replace(file)


def load(file: Path) -> None:
    """Replace everything in the database by what a backup holds. Raises `CommandError`; unless it
    is PostgreSQL's own, nothing has changed then."""
    try:
        with file.open("rb") as content:
            is_of_postgres = content.read(5) == b"PGDMP"
    except OSError as error:
        raise CommandError(str(error)) from None
    if is_of_postgres != (connection.vendor == "postgresql"):
        raise CommandError("The file is no backup of this kind of database.")
    if is_of_postgres:
        # The other connections of our own pool would look as if the database were in use.
        connection.close_pool()  # type: ignore[attr-defined]
        connection.settings_dict["OPTIONS"].pop("pool", None)
    if _is_in_use():
        raise CommandError(
            "The database is in use. Stop beat, the workers and the web processes first."
        )
    if is_of_postgres:
        # Read to the end: a file that was cut off is found before anything is dropped.
        _run("pg_restore", "--file=/dev/null", str(file))
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE")
            cursor.execute("CREATE SCHEMA public")
        connection.close()
        name = connection.settings_dict["NAME"]
        once = ("--single-transaction", "--exit-on-error")
        _run("pg_restore", "--no-owner", "--no-acl", *once, f"--dbname={name}", str(file))
    else:
        connection.ensure_connection()
        address = f"{file.resolve().as_uri()}?mode=ro"
        try:
            with (
                connection.wrap_database_errors,
                closing(sqlite3.connect(address, uri=True)) as copy,
            ):
                copy.backup(connection.connection)
        except DatabaseError as error:
            if is_full(error):
                raise
            raise CommandError("The file is no backup.") from None
        connection.close()


@transaction.atomic
def settle(now: datetime) -> int:
    """Let nothing that was done since the backup be done again; return the number of messages that
    are set aside.

    Call it before any other process starts. A second call does no harm.
    """
    # A digest whose hour is still to come has not been sent.
    is_sure = Q(kind=models.Message.Kind.DIGEST, until__gt=now, attempts=0)
    waiting = models.Message.objects.filter(
        status__in=[models.Message.Status.PENDING, models.Message.Status.HELD]
    ).exclude(is_sure)
    count = waiting.update(status=models.Message.Status.FAILED, lease=None, answer=SET_ASIDE)
    channels = list(
        models.Channel.objects.digest_due(now).select_related("owner").prefetch_related("choices")
    )
    for channel in channels:
        channel.next_digest_at = next_digest(channel, now)
    models.Channel.objects.bulk_update(channels, ["next_digest_at"], batch_size=500)
    # What people asked for has been called for, and is paid. The schedule goes on.
    for model in (models.Product, models.Assortment, models.SearchPage):
        model._default_manager.filter(asked_at__isnull=False).update(asked_at=None, asked_by=None)
    # A session that was ended since then must not live again.
    models.Session.objects.all().delete()
    _skip_ids()
    # Its letter is no message that waited.
    ledger.await_count(now)
    audit.record(models.AuditKind.RESTORED, rows=count)
    return count


def _skip_ids() -> None:
    """Give new rows IDs that no row has had since the backup: links in mails and other programs
    know those."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT setval(format('%%I.%%I', schemaname, sequencename)::regclass, "
                "coalesce(last_value, 0) + CASE WHEN data_type = 'bigint'::regtype THEN %s ELSE "
                "%s END) FROM pg_sequences WHERE schemaname = current_schema()",
                [SKIPPED_IDS, SKIPPED_SMALL_IDS],
            )
        else:
            # Tables that were always empty have no row.
            cursor.execute(
                "INSERT INTO sqlite_sequence (name, seq) SELECT name, 0 FROM sqlite_master WHERE "
                "sql LIKE '%%AUTOINCREMENT%%' AND name NOT IN (SELECT name FROM sqlite_sequence)"
            )
            cursor.execute("UPDATE sqlite_sequence SET seq = seq + %s", [SKIPPED_IDS])


def _is_in_use() -> bool:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
                "pg_backend_pid() AND backend_type = 'client backend'"
            )
            return cursor.fetchone() is not None
        tables = connection.introspection.table_names(cursor)
    lately = datetime.now().astimezone() - timedelta(seconds=30)
    return (
        models.Heartbeat._meta.db_table in tables
        and models.Heartbeat.objects.filter(seen_at__gt=lately).exists()
    )


def _run(*command: str) -> None:
    """Run a program of PostgreSQL with the address and password of our database."""
    parameters = connection.get_connection_params()
    variables = {
        "PGDATABASE": "dbname",
        "PGHOST": "host",
        "PGPORT": "port",
        "PGUSER": "user",
        "PGPASSWORD": "password",
    }
    ssl = {f"PG{name.upper()}": name for name in ("sslmode", "sslrootcert", "sslcert", "sslkey")}
    environment = {
        to: str(parameters[name]) for to, name in (variables | ssl).items() if parameters.get(name)
    }
    try:
        done = subprocess.run(  # noqa: S603 - The words are ours; the operator names the file.
            command, env=os.environ | environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise CommandError(
            f"{command[0]} is missing. Install PostgreSQL's client programs."
        ) from None
    if done.returncode:
        raise CommandError(done.stderr.strip())
