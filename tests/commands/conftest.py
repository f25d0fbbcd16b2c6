"""Commands, called as `manage.py` calls them."""

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

type Rows = list[dict[str, Any]]


@pytest.fixture
def rows() -> Callable[..., Rows]:
    """Calls a command with `--json` and reads its output, a row a line."""

    def call(name: str, *arguments: str) -> Rows:
        out = StringIO()
        call_command(name, *arguments, "--json", stdout=out)
        return [json.loads(line) for line in out.getvalue().splitlines()]

    return call


@pytest.fixture
def written() -> Callable[..., tuple[str, str]]:
    """Calls a command and returns its standard output and standard error."""

    def call(name: str, *arguments: str) -> tuple[str, str]:
        out, err = StringIO(), StringIO()
        call_command(name, *arguments, stdout=out, stderr=err)
        return out.getvalue(), err.getvalue()

    return call
