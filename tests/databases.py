"""Which tests run on PostgreSQL as well as on SQLite."""

from pathlib import Path

import pytest
from django.test import SimpleTestCase

TESTS = Path(__file__).parent
#: Where the two databases can differ, and the folders, files and tests for it. Tests that commit
#: run on both anyway: what two connections see and wait for differs most.
ON_BOTH = {
    "statements and locks that we write for each database": (
        "budget/",
        "recording/",
        "checking/test_asking_again.py",
        "checking/test_backlog.py",
        "checking/test_batches.py",
        "checking/test_charges.py",
        "checking/test_claims.py",
        "checking/test_ranges.py",
        "checking/test_readings_in_turn.py",
        "checking/test_searches.py",
        "planning/test_fit.py",
        "watchlists/test_imports.py",
        "watchlists/test_invitations.py",
        "watchlists/test_pairings.py",
        "watchlists/test_services.py",
    ),
    "tables, constraints and indexes": (
        "config/test_migrations.py",
        "config/test_database_checks.py",
    ),
    "search, and the order of texts": (
        "api/test_paging.py",
        "api/test_searches.py",
        "pages/products/test_filters.py",
        "pages/products/test_products.py",
        "pages/search/",
        "pages/rivals/",
    ),
    "window functions, arrays and times": (
        "history/",
        "pages/alerts/test_groups.py",
        "pages/alerts/test_inbox.py",
        "pages/shop/test_followed.py",
        "pages/today/test_worth.py",
    ),
    "the outbox": (
        "delivery/test_digest.py",
        "delivery/test_sending.py",
        "delivery/test_upkeep.py",
    ),
    "every page, list and answer, once with its rows": (
        "admin/test_pages_open.py",
        "api/test_query_counts.py",
        "mcp/test_story.py",
        "pages/test_query_counts.py",
    ),
    "the whole way": ("processes/", "test_thirty_days.py", "test_whole_way.py"),
}
_PATHS = [path for paths in ON_BOTH.values() for path in paths]
_BEGINNINGS = tuple(f"tests/{path}" for path in _PATHS)


def runs_on_both(item: pytest.Item) -> bool:
    """Return whether CI runs a test on PostgreSQL too."""
    return _commits(item) or (item.nodeid.startswith(_BEGINNINGS) and _reads(item))


def missing() -> list[str]:
    """Return the paths above that are no longer there."""
    return [path for path in _PATHS if not (TESTS / path.partition("::")[0]).exists()]


def _commits(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    is_marked = marker is not None and marker.kwargs.get("transaction", False)
    return is_marked or "transactional_db" in getattr(item, "fixturenames", ())


def _reads(item: pytest.Item) -> bool:
    of_django = (
        isinstance(item, pytest.Function)
        and item.cls is not None
        and issubclass(item.cls, SimpleTestCase)
    )
    is_marked = item.get_closest_marker("django_db") is not None
    return is_marked or of_django or "db" in getattr(item, "fixturenames", ())
