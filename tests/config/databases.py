"""Which tests CI runs on PostgreSQL as well as on SQLite; `make nightly` runs all of them there."""

from pathlib import Path

import pytest
from django.test import SimpleTestCase

TESTS = Path(__file__).parents[1]
#: Where the two databases can differ, and the folders and files for it.
ON_BOTH = {
    "locks, claims and the ledger": (
        "polling/budget/",
        "polling/checking/test_asking_again.py",
        "polling/checking/test_backlog.py",
        "polling/checking/test_batches.py",
        "polling/checking/test_charges.py",
        "polling/checking/test_claims.py",
        "polling/checking/test_full_disk.py",
        "polling/checking/test_interruptions.py",
        "polling/planning/test_fit.py",
        "watching/test_at_once.py",
        "watching/test_services.py",
    ),
    "what a batch writes": (
        "polling/recording/test_heartbeat.py",
        "polling/recording/test_shops.py",
        "polling/recording/test_snapshots.py",
    ),
    "tables, constraints and indexes": ("config/test_migrations.py",),
    "search, and the order of texts, of unknown values and of what JSON holds": (
        "api/test_paging.py",
        "pages/products/test_filters.py",
        "pages/products/test_sheet.py",
        "pages/rivals/test_rivals.py",
    ),
    "window functions, arrays and times": (
        "showing/history/",
        "pages/alerts/test_groups.py",
        "pages/today/test_worth.py",
    ),
    "the outbox": (
        "telling/test_sending.py",
        "telling/test_two_senders.py",
        "telling/test_two_writers.py",
        "telling/test_upkeep.py",
    ),
    "every page and list once with its rows": (
        "admin/test_pages_open.py",
        "api/test_query_counts.py",
        "pages/test_query_counts.py",
    ),
    "the whole way": ("processes/", "test_thirty_days.py"),
}
_PATHS = [path for paths in ON_BOTH.values() for path in paths]
_BEGINNINGS = tuple(f"tests/{path}" for path in _PATHS)


def runs_on_both(item: pytest.Item) -> bool:
    """Return whether CI runs a test on PostgreSQL too."""
    return item.nodeid.startswith(_BEGINNINGS) and _uses_database(item)


def missing() -> list[str]:
    """Return the paths above that are no longer there."""
    return [path for path in _PATHS if not (TESTS / path).exists()]


def _uses_database(item: pytest.Item) -> bool:
    of_django = (
        isinstance(item, pytest.Function)
        and item.cls is not None
        and issubclass(item.cls, SimpleTestCase)
    )
    fixtures = {"db", "transactional_db"}.intersection(getattr(item, "fixturenames", ()))
    return of_django or bool(fixtures) or item.get_closest_marker("django_db") is not None
