"""`python -m tests.chaos --minutes 10 --seed N`: faults at random, then calm, then the verdict as
exit code."""

import argparse
import os
import random
import sys
import time

import django

from tests.bench.places import collect_static
from tests.chaos.stack import ROOT, database


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    options.add_argument("--minutes", type=float, default=10, help="how long there are faults")
    options.add_argument(
        "--seed", type=int, default=random.randrange(10**6), help="the order of the faults"
    )
    chosen = options.parse_args()
    logs = ROOT / "var" / "chaos" / f"{chosen.seed}-{time.strftime('%H%M%S')}"
    logs.mkdir(parents=True)
    print(
        f"seed {chosen.seed}, {chosen.minutes:g} minutes, logs in {logs.relative_to(ROOT)}",
        flush=True,
    )
    collect_static()
    with database() as (url, ours, role):
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "SECRET_KEY": "a key of the chaos, " * 3,
            "SITE_URL": "https://watch.example.org",
            "TRUST_PROXY": "1",
            "PROVIDER_TIMEOUT": "3",
            "PROVIDER_CONCURRENCY": "4",
            "OUTGOING_NETWORKS": "127.0.0.0/8",
            "PERSON_MESSAGES": "100000",
        }
        os.environ |= environment | {"DEBUG": "0", "DATABASE_URL": ours}
        # What is imported now reads the settings.
        django.setup()
        from tests.chaos.run import run

        return run(
            chosen.minutes * 60, chosen.seed, logs, environment | {"DATABASE_URL": url}, role
        )


if __name__ == "__main__":
    sys.exit(main())
