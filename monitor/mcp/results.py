"""What the tools give: the parts of the API's answers that an assistant needs.

Money is text in yuan, because models take fen for yuan. `null` is 'not known'.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, model_validator

from monitor.changes import SCORE_FIELDS

#: Characters of a value that is neither a number nor a word, such as a specification.
LONGEST_VALUE = 300
_HUNDREDTHS = {"price", "list_price", *SCORE_FIELDS}


def in_units(hundredths: Any) -> Any:
    """`7200` fen is '72.00' yuan, and `485` hundredths are '4.85' points."""
    return f"{Decimal(hundredths) / 100:.2f}" if isinstance(hundredths, int) else hundredths


def readable(field: str, value: Any) -> Any:
    """A value of a change, in yuan or points and not too long."""
    if field in _HUNDREDTHS:
        return in_units(value)
    if field == "sku_range" and isinstance(value, list):
        return " - ".join(map(in_units, value))
    return json.dumps(value, ensure_ascii=False)[:LONGEST_VALUE] if isinstance(value, list | dict) else value


Yuan = Annotated[str, BeforeValidator(in_units), Field(description="Yuan, such as '72.00'")]


class Page[Item](BaseModel):
    items: list[Item]
    next: str | None = Field(description="Send it as `cursor` to read on; null at the end")


class ShopName(BaseModel):
    id: str
    name: str | None


class OnList(BaseModel):
    watchlist: str
    is_paused: bool


class Product(BaseModel):
    """Sales are at least `sales`. Prices of a day and a week ago are null if not known."""

    num_iid: str
    title: str | None
    status: str | None
    price: Yuan | None
    price_a_day_ago: Yuan | None
    price_a_week_ago: Yuan | None
    list_price: Yuan | None
    sales: int | None
    shop: ShopName | None
    changed_at: datetime | None
    checked_at: datetime | None
    failing_since: datetime | None


class ListedProduct(Product):
    watches: list[OnList]
    unread: int = Field(description="Number of unread alerts")


class Watch(OnList):
    note: str
    tags: list[str]
    target_prices: list[Yuan]


class Valued(BaseModel):
    """Money in `before` and `after` is in yuan, scores are in points."""

    field: str
    before: Any
    after: Any

    @model_validator(mode="before")
    @classmethod
    def _readable(cls, row: Mapping[str, Any]) -> Any:
        return {**row, **{side: readable(row["field"], row[side]) for side in ("before", "after")}}


class Change(Valued):
    """It happened between `last_seen_before` and `first_seen_after`."""

    last_seen_before: datetime
    first_seen_after: datetime


class WatchedChange(Change):
    num_iid: str
    title: str | None


class ProductInFull(Product):
    muted_until: datetime | None
    watches: list[Watch]
    recent_changes: list[Change]


class Point(BaseModel):
    at: datetime
    value: str | int | None


class History(BaseModel):
    """Each value holds until the next point; null where nothing is known."""

    until: datetime
    points: list[Point]
    next_since: datetime | None = Field(description="Send it as `since` to read on; null at the end")


class Alert(Valued):
    """A rule that fired, in its words. `product` is a num_iid."""

    id: str
    watchlist: str
    kind: str
    text: str
    product: str | None
    title: str | None
    shop: str | None
    count: int
    data_time: datetime
    created_at: datetime
    is_read: bool


class Watchlist(BaseModel):
    id: str
    name: str
    role: Literal["owner", "editor", "viewer"]
    products: int
    unread: int
    is_paused: bool


class Watchlists(BaseModel):
    items: list[Watchlist]


class Used(BaseModel):
    """`most` is null without a limit."""

    used: int | None
    most: int | None


class Usage(BaseModel):
    checks: Used
    checks_left: int
    resets_at: datetime
    lists: Used
    products: Used
    messages: Used


class Marked(BaseModel):
    read: int = Field(description="How many were unread")


class Muted(BaseModel):
    muted_until: datetime


class LineProblem(BaseModel):
    line: int
    text: str
    words: str


class Added(BaseModel):
    """`watched` were on the list before."""

    added: list[str]
    watched: list[str]
    problems: list[LineProblem]
