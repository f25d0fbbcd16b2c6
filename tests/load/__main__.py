"""`python -m tests.load [people] [polls] [slow] --minutes 3`: runs the parts and prints their
figures."""

import argparse
import os
import sys
from contextlib import ExitStack
from urllib.parse import urlsplit

import django

from tests.bench import places
from tests.bench.processes import machine
from tests.bench.server import provider

PARTS = ("people", "polls", "slow")


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    options.add_argument("parts", nargs="*", help=", ".join(PARTS))
    options.add_argument(
        "--minutes", type=float, default=3, help="how long each of the first two parts lasts"
    )
    chosen = options.parse_args()
    if unknown := set(chosen.parts) - {*PARTS}:
        options.error(f"there is no part {', '.join(unknown)}")
    for name, value in machine().items():
        print(f"{name}: {value}")
    print(f"load average before: {os.getloadavg()[0]:.1f}", flush=True)
    with ExitStack() as opened:
        few = opened.enter_context(places.few_products())
        url = opened.enter_context(places.postgres(urlsplit(few).path[1:]))
        broker, server = opened.enter_context(places.broker()), opened.enter_context(provider())
        os.environ |= places.environment(url, broker, server.url)
        os.environ |= {"SITE_URL": "https://watch.example.org", "TRUST_PROXY": "1"}
        django.setup()
        from tests.load.measuring import Run

        run = opened.enter_context(Run(os.environ, server.board))
        results = [getattr(run, part)(chosen.minutes * 60) for part in chosen.parts or PARTS]
    print(
        "within the limits"
        if all(results)
        else "above the limits: p95 400 ms, no error, no check 20 s late"
    )
    return int(not all(results))


if __name__ == "__main__":
    sys.exit(main())
