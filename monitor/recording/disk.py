"""Room on the database's disk. A paid call whose result cannot be written is lost.

SQLite's file is on this machine, so the free space of its disk is read before each batch. PostgreSQL's disk cannot be
seen from here, and a quota may allow less than the disk has. So the size of a batch that failed to write is stored,
and no call is made until a write of that size has succeeded.
"""

import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from django.db import DatabaseError, connection, transaction

from monitor.models import FailedWrite

#: The first check of a product writes about 10 kB to SQLite's log and later as much to its file. Further checks write
#: less. Another worker may write at the same time.
BYTES_PER_PRODUCT = 32 * 1024
#: For everything else that is written at the same time: the ledger, claims, mails.
BYTES_BESIDES = 1024 * 1024

#: The codes of PostgreSQL and SQLite for a full disk. The third is for the index of SQLite's log.
_DISK_FULL = {"53100", sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE}


class NoRoom(Exception):
    """The database's disk is full, or nearly."""

    def __init__(self) -> None:
        super().__init__(
            "The database's disk is nearly full: no paid call is made. Make room on it; checks go on by themselves."
        )


def is_full(error: DatabaseError) -> bool:
    """Whether a statement failed because the database's disk is full."""
    cause = error.__cause__
    return getattr(cause, "sqlstate", None) in _DISK_FULL or getattr(cause, "sqlite_errorcode", None) in _DISK_FULL


def room_for(products: int) -> int:
    """How many of `products` checks there is room for. One query.

    After a batch that failed to write, it is 0 until a write of that size succeeds. That is tried here.
    """
    fitting = min(products, _fitting())
    return fitting if fitting > 0 and _has_recovered() else 0


def prove_room() -> None:
    """Raise `NoRoom` unless there is room for at least one product's check."""
    if not room_for(1):
        raise NoRoom


def is_short() -> bool:
    """Whether checks wait for room. Writes nothing. One query."""
    return _fitting() < 1 or FailedWrite.objects.exists()


@contextmanager
def notes_full_disk(products: int, now: datetime) -> Iterator[None]:
    """Turn a write that fails on a full disk into `NoRoom`, and store that a batch of `products` failed."""
    try:
        yield
    except DatabaseError as error:
        if not is_full(error):
            raise
        # If not even this can be written, neither can the ledger, and no call is made without it.
        with suppress(DatabaseError), transaction.atomic():
            FailedWrite.objects.update_or_create(
                pk=FailedWrite.SINGLETON, defaults={"failed_at": now, "size": _needed(products), "proof": b""}
            )
        raise NoRoom from error


def _needed(products: int) -> int:
    return BYTES_BESIDES + products * BYTES_PER_PRODUCT


def _free() -> int:
    """Free bytes on the disk of SQLite's file; no limit for PostgreSQL, whose disk cannot be seen."""
    if connection.vendor != "sqlite":
        return sys.maxsize
    return shutil.disk_usage(Path(connection.settings_dict["NAME"]).parent).free


def _fitting() -> int:
    return (_free() - BYTES_BESIDES) // BYTES_PER_PRODUCT


def _has_recovered() -> bool:
    """Whether no batch has failed, or a write of its size succeeds now."""
    failed = FailedWrite.objects.defer("proof").first()
    if failed is None:
        return True
    if _free() < failed.size:
        return False
    try:
        # Random, because PostgreSQL compresses. Committed before it is deleted, or SQLite would not write it.
        with transaction.atomic():
            FailedWrite.objects.update(proof=os.urandom(failed.size))
        FailedWrite.objects.all().delete()
    except DatabaseError as error:
        if not is_full(error):
            raise
        return False
    return True
