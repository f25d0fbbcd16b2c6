"""`python -m tests.bench.scenario NAME DATABASE_URL BROKER_URL`: one scenario, its figures as JSON
lines."""

import importlib
import json
import os
import sys
from dataclasses import asdict

from tests.bench.places import environment
from tests.bench.server import provider


def main(name: str, database_url: str, broker_url: str) -> None:
    with provider() as server:
        # Must come before Django reads the settings.
        os.environ.update(environment(database_url, broker_url, server.url))
        import django

        django.setup()
        for figure in importlib.import_module(f"tests.bench.scenarios.{name}").run(server):
            print(json.dumps(asdict(figure)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
