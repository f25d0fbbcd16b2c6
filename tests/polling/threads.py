"""Runs actions at the same time, each on its own database connection."""

import threading
from collections.abc import Callable

from django.db import connections


def at_once(*actions: Callable[[], object]) -> None:
    """Run the actions in threads, wait for all and raise their first error."""
    errors: list[BaseException] = []

    def run(action: Callable[[], object]) -> None:
        try:
            action()
        except BaseException as error:  # noqa: BLE001 - handed to the test
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[action]) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
