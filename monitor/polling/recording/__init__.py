"""Observations become rows: one transaction and a fixed number of statements for a whole batch.

`plan` decides what each reply means for its product, without a query. `writer` writes the plans of
a batch, `shops` their shops; `alerts` judges the changes by the watchers' rules."""

from monitor.polling.answers import Result
from monitor.polling.recording.plan import Recorded
from monitor.polling.recording.writer import record

__all__ = ["Recorded", "Result", "record"]
