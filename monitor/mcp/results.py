"""What the tools give: the parts of the API's answers that an assistant needs.

Money is text in yuan, because models take fen for yuan. `null` is 'not known'.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, model_validator

from monitor.api.schemas import Used
from monitor.judging.changes import MONEY_FIELDS, SCORE_FIELDS

#: Characters of a value that is neither a number nor a word, such as a specification.
LONGEST_VALUE = 300
_HUNDREDTHS = {*MONEY_FIELDS, *SCORE_FIELDS}


def in_units(hundredths: Any) -> Any:
    """Return '72.00' yuan for 7200 fen, and '4.85' points for 485 hundredths."""
    return f"{Decimal(hundredths) / 100:.2f}" if isinstance(hundredths, int) else hundredths


def readable(field: str, value: Any) -> Any:
    """Return a value of a change, in yuan or points and not too long."""
    if field in _HUNDREDTHS:
        return in_units(value)
    if field == "sku_range" and isinstance(value, list):
        return " - ".join(map(in_units, value))
    return (
        json.dumps(value, ensure_ascii=False)[:LONGEST_VALUE]
        if isinstance(value, list | dict)
        else value
    )


Yuan = Annotated[str, BeforeValidator(in_units), Field(description="Yuan, such as '72.00'")]

Percent = Annotated[
    str, BeforeValidator(in_units), Field(description="Percent of the price, such as '41.66'")
]


class ToolPage[Item](BaseModel):
    items: list[Item]
    next: str | None = Field(description="Send it as `cursor` to read on; null at the end")


class ToolShop(BaseModel):
    id: str
    name: str | None


class ToolOnList(BaseModel):
    watchlist: str
    is_paused: bool


Units = Annotated[float, AfterValidator(lambda units: round(units, 1))]


class ToolUnits(BaseModel):
    low: Units
    likely: Units | None
    high: Units


class ToolListing(BaseModel):
    num_iid: str
    title: str | None
    price: Yuan | None
    sales: int | None


class ToolFound(ToolListing):
    shop_name: str | None
    watchlists: list[str]


class ToolSearch(BaseModel):
    state: str
    failure: str
    is_all: bool = Field(description="Whether no page follows these")
    items: list[ToolFound]


class ToolOffer(ToolListing):
    """Sales are at least `sales`; `units_a_day` and `revenue_a_day` are estimates of the last 7
    days, with a range; `likely` is null if only an upper bound is known. Prices of a day and a week
    ago are null if not known."""

    units_a_day: ToolUnits | None
    revenue_a_day: Yuan | None


class ToolRangeEntry(ToolOffer):
    is_best_seller: bool
    appeared_at: datetime | None = Field(description="Null if the first reading found it")
    left_at: datetime | None


class ToolProduct(ToolOffer):
    status: str | None
    price_a_day_ago: Yuan | None
    price_a_week_ago: Yuan | None
    list_price: Yuan | None
    shop: ToolShop | None
    changed_at: datetime | None
    checked_at: datetime | None
    failing_since: datetime | None


class ToolListedProduct(ToolProduct):
    watches: list[ToolOnList]
    unread: int = Field(description="Number of unread alerts")


class ToolWatch(ToolOnList):
    note: str
    tags: list[str]
    target_price: Yuan | None
    cost: Yuan | None
    profit: Yuan | None = Field(description="What one unit should earn")
    floor_price: Yuan | None = Field(description="Cost and wanted profit together")
    margin: Percent | None


class ToolValues(BaseModel):
    """Money in `before` and `after` is in yuan, scores are in points."""

    field: str
    before: Any
    after: Any

    @model_validator(mode="before")
    @classmethod
    def _readable(cls, row: Mapping[str, Any]) -> Any:
        values = ("before", "after", "counted_from")
        return {
            **row,
            **{side: readable(row["field"], row[side]) for side in values if side in row},
        }


class ToolChange(ToolValues):
    """It happened between `last_seen_before` and `first_seen_after`."""

    last_seen_before: datetime
    first_seen_after: datetime


class ToolWatchedChange(ToolChange):
    num_iid: str
    title: str | None


class ToolProductInFull(ToolProduct):
    muted_until: datetime | None
    watches: list[ToolWatch]
    recent_changes: list[ToolChange]


class ToolPoint(BaseModel):
    at: datetime
    value: str | int | None


class ToolHistory(BaseModel):
    """Each value holds until the next point; null where nothing is known."""

    until: datetime
    points: list[ToolPoint]
    next_since: datetime | None = Field(
        description="Send it as `since` to read on; null at the end"
    )


class ToolAlert(ToolValues):
    """A rule that fired, in its words. `product` is a num_iid."""

    id: str
    watchlist: str
    kind: str
    rule_text: str
    counted_from: Any = Field(description="From this to `after` the rule counts")
    reason: str = Field(description="Why, beside the values")
    product: str | None
    title: str | None
    shop: str | None
    count: int
    data_time: datetime
    created_at: datetime
    is_read: bool


class ToolWatchlist(BaseModel):
    id: str
    name: str
    role: Literal["owner", "editor", "viewer"]
    products: int
    unread: int
    is_paused: bool


class ToolWatchlists(BaseModel):
    items: list[ToolWatchlist]


class ToolRule(BaseModel):
    """`product` is a num_iid: the rule is for this product alone, instead of the watchlist's."""

    id: str
    text: str
    product: str | None
    is_urgent: bool
    is_active: bool


class ToolRival(BaseModel):
    num_iid: str
    title: str | None
    price: Yuan | None = Field(description="Null if it is off sale, or too old to count")


class ToolStanding(BaseModel):
    """`index` is the product's price in percent of its rivals' mean, `position` its place from the
    cheapest."""

    price: Yuan | None
    index: Units | None
    position: int | None
    places: int
    lowest: Yuan | None
    mean: Yuan | None
    highest: Yuan | None
    rivals: list[ToolRival]


class ToolFollow(BaseModel):
    """What `adds` names joins the watchlist if it has the words and such a price, until `on_list`
    is `most`."""

    shop: ToolShop
    interval_seconds: int
    adds: str
    words: str
    lowest: Yuan | None
    highest: Yuan | None
    most: int
    on_list: int
    pages: int | None = Field(description="Checks that a reading costs")
    read_at: datetime | None
    next_reading_at: datetime | None


class ToolFollows(BaseModel):
    items: list[ToolFollow]


class ToolUsage(BaseModel):
    checks: Used
    checks_left: int
    resets_at: datetime
    lists: Used
    products: Used
    messages: Used
