"""Observations become rows: one transaction and a fixed number of statements for a whole batch.

`updates` decides what each reply means for its product, without a query. `writer` writes the
updates of a batch, `shops` their shops; `alerts` judges the changes by the watchers' rules."""

from monitor.polling.answers import Result
from monitor.polling.recording.updates import Recorded
from monitor.polling.recording.writer import record

__all__ = ["Recorded", "Result", "record"]
