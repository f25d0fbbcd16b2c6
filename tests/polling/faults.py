"""Faults of the database, on the connection of the test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, connection


@contextmanager
def refusing(text: str) -> Iterator[None]:
    """Let the database refuse each statement with a text in it or in its values."""

    def execute_others(execute: Any, sql: str, values: Any, *how: Any) -> Any:
        if text in f"{sql} {values}":
            raise DatabaseError("no space left on device")
        return execute(sql, values, *how)

    with connection.execute_wrapper(execute_others):
        yield


@contextmanager
def before_statement(
    number: int, fault: Callable[[], object], about: str = ""
) -> Iterator[Callable[[], bool]]:
    """Let a fault happen once, before the `number`-th statement that contains the text `about`.
    Yields a function that returns whether it has happened."""
    left = number

    def counted(execute: Any, sql: str, *values: Any) -> Any:
        nonlocal left
        left -= about in sql
        if left == 0 and about in sql:
            fault()
        return execute(sql, *values)

    with connection.execute_wrapper(counted):
        yield lambda: left <= 0
