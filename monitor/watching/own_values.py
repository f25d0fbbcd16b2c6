"""What users write about a product on a list: its target price, cost and wanted profit in fen, tags
and note.

Pages, sheets, programs and operators write them by `save_values`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from monitor.models import Watch, WatchTag
from monitor.polling.planning.rescheduling import CHUNK
from monitor.text.formatting import one_line
from monitor.watching.rules import RuleError
from monitor.watching.tags import set_tags
from monitor.watching.targets import set_targets, targets_of
from monitor.watching.uploads.sheets import MOST_YUAN, Value

#: Of these, the columns of a watch, and those among them that are amounts.
FIELDS = ("target", "cost", "profit", "tags", "note")
COLUMNS = ("cost", "profit", "note")
AMOUNTS = ("target", "cost", "profit")
BAD_AMOUNT = _("At least ¥0.01, such as 72 or 72.50.")

type OwnValues = Mapping[str, Value]


def values_of(watches: Iterable[int]) -> dict[int, dict[str, Value]]:
    """Return the present value of each field, by watch. Three queries."""
    keys = list(watches)
    targets, tags = targets_of(keys), defaultdict[int, list[str]](list)
    for watch, name in WatchTag.objects.filter(watch__in=keys).values_list("watch_id", "name"):
        tags[watch].append(name)
    rows = Watch.objects.filter(pk__in=keys).values("pk", *COLUMNS)
    return {
        (key := row.pop("pk")): {
            **row,
            "target": targets.get(key),
            "tags": tags[key],
            "note": one_line(row["note"]),
        }
        for row in rows
    }


def news(new: OwnValues, present: OwnValues) -> dict[str, tuple[Value, Value]]:
    """Return the old and the new value of each field of `new` that is not so already."""
    new = {
        name: one_line(value) if isinstance(value, str) else value for name, value in new.items()
    }
    return {
        name: (present[name], value)
        for name, value in new.items()
        if not is_equal(present[name], value)
    }


def is_same(values: Sequence[OwnValues], name: str) -> bool:
    """Return whether a field has the same value in all of these."""
    return all(is_equal(each[name], values[0][name]) for each in values)


def is_equal(old: Value, new: Value) -> bool:
    """Compare two values of a field. The order of tags does not matter."""
    return (
        sorted(old) == sorted(new)
        if isinstance(old, list) and isinstance(new, list)
        else old == new
    )


def alerts_at_once(watch: Watch, target: Value) -> bool:
    """Return whether the price is below a target already. The watch comes with its list and
    product."""
    price = watch.product.current_price
    is_checked = not (watch.is_paused or watch.watchlist.is_paused or watch.product.is_gone)
    return is_checked and isinstance(target, int) and price is not None and price < target


@transaction.atomic
def save_values(values: Mapping[int, OwnValues], now: datetime) -> None:
    """Write values of watches, by their keys; None, [] or '' clears one.

    Raises `ValidationError` by field for an amount below 1 fen or beyond all prices, and for a
    target price that cannot be a rule of its watch; then nothing is written."""
    # Locked: none is removed before the transaction ends.
    present = values_of(
        Watch.objects.filter(pk__in=list(values)).locked().values_list("pk", flat=True)
    )
    changes = {watch: news(values[watch], old) for watch, old in present.items()}
    new: dict[str, dict[int, Any]] = {
        name: {watch: fields[name][1] for watch, fields in changes.items() if name in fields}
        for name in FIELDS
    }
    for name in AMOUNTS:
        if any(fen is not None and not 1 <= fen <= MOST_YUAN * 100 for fen in new[name].values()):
            raise ValidationError({name: BAD_AMOUNT})
    for name in COLUMNS:
        rows = [Watch(pk=watch, **{name: value}) for watch, value in new[name].items()]
        Watch.objects.bulk_update(rows, [name], batch_size=CHUNK)
    set_tags(new["tags"])
    try:
        if new["target"]:
            set_targets(new["target"], now)
    except RuleError as error:
        raise ValidationError({"target": str(error)}) from error
