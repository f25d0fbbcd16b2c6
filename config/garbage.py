"""Garbage collection of long-running processes."""

import gc


def collect_seldom() -> None:
    """Exclude all current objects from collection, and collect rarely: not while a batch or a page
    is being built."""
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
