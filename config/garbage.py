"""How processes that live long look for garbage."""

import gc


def collect_seldom() -> None:
    """Leave what is loaded alone from now on, and do not look through a batch or a page while it grows."""
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
