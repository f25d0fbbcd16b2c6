"""The operator's pages: the watchlists of many merchants, the outbox, the ledger of calls, and the
history.

Writes go through `monitor.watching`, which updates schedule and rules. What was recorded is read
only."""

from importlib import import_module
from pkgutil import iter_modules

# Importing the modules registers their pages.
for module in iter_modules(__path__):
    import_module(f"{__name__}.{module.name}")
