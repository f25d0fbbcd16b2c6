"""What the API takes and gives. Money is in fen, IDs are strings, times are UTC, and `null` is 'not
known'.

An `alias` is where a field is found on the row. The text below a field is its description.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, TypedDict

from django.utils.translation import gettext
from ninja import Field, Schema
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    ConfigDict,
    GetJsonSchemaHandler,
)
from pydantic_core import CoreSchema

from monitor.api.errors import KINDS, TYPE_PREFIX
from monitor.judging.mail_times import How
from monitor.judging.rules.conditions import MOST_ALSO, MOST_DAYS
from monitor.judging.rules.kinds import Kind, Unit
from monitor.models import Alert, AssortmentEntry, Channel, ChannelKind, Product
from monitor.models.assortments import MOST_ADDED, MOST_EVER_ADDED
from monitor.models.catalog import NUM_IID
from monitor.models.searches import LONGEST_WORDS, MOST_PAGES
from monitor.models.watchlists import LONGEST_INTERVAL, SHORTEST_INTERVAL
from monitor.provider.limits import LONGEST_NOTE, LONGEST_TAG, MOST_TAGS
from monitor.provider.observation import Gap, Status
from monitor.showing.reads.searches import FoundProduct
from monitor.watching.imports import STEP
from monitor.watching.searching import in_search
from monitor.watching.uploads.sheets import MOST_YUAN, read_tags

#: More than any kind of rule takes.
MOST_THRESHOLD = 10**12
_THRESHOLDS = "; ".join(
    f"{unit}: {', '.join(kind for kind in Kind if kind.spec.unit is unit)}"
    for unit in Unit
    if unit is not Unit.NONE
)
_SIGNS = "Signs messages; a webhook needs one: `whsec_` and 24 to 64 bytes in base64"
_A_LENGTH = Field(
    ge=SHORTEST_INTERVAL // timedelta(seconds=1), le=LONGEST_INTERVAL // timedelta(seconds=1)
)
_DAYS = ", ".join(kind for kind in Kind if kind.spec.window)

# Values that are sent and answered

# Not as `description`, which django-ninja drops from a parameter in a path.
_ID = {"description": "Its ID, as another answer tells it"}
_NUM_IID = {"description": "The product's ID on the platform"}
Id = Annotated[str, Field(pattern=r"^[0-9]{1,18}$", json_schema_extra=_ID)]
WatchlistId = Annotated[Id, Field(json_schema_extra={"description": "The ID of a watchlist"})]
NumIid = Annotated[str, Field(pattern=rf"^{NUM_IID}$", json_schema_extra=_NUM_IID)]
Text = Annotated[str, Field(pattern=r"^[^\x00]*$", max_length=500)]
Fen = Annotated[int, Field(ge=0, le=MOST_YUAN * 100, description="In fen")]
#: Databases and zones reach no farther.
Instant = Annotated[
    AwareDatetime,
    Field(
        ge=datetime(2000, 1, 1, tzinfo=UTC),
        le=datetime(2100, 1, 1, tzinfo=UTC),
        description="Only from this time on; with a zone",
    ),
]
Seconds = Annotated[
    int,
    BeforeValidator(
        lambda span: int(span.total_seconds()) if isinstance(span, timedelta) else span
    ),
]
#: In JSON a kind is a text.
AnyKind = Annotated[Kind, Field(strict=False, description="What a rule watches for")]
Threshold = Annotated[
    int,
    Field(
        description=f"For these kinds, with percent and score in hundredths: {_THRESHOLDS}",
    ),
]
Days = Annotated[int, Field(description=f"Of how many days; only for {_DAYS}")]
_OWN = "Ignored: `under_mine` has ended"
RivalOf = Annotated[
    NumIid, Field(json_schema_extra={"description": "Your product whose rivals these are"})
]
Cooldown = Annotated[
    Seconds,
    Field(
        description="Shortest seconds between two alerts: 0, 3600, 21600, 86400, 604800",
    ),
]
AnyCooldown = Annotated[
    Literal[0, 3600, 21600, 86400, 604800],
    Field(description="Shortest seconds between two alerts"),
]
IsUrgent = Annotated[bool, Field(description="Whether its alerts are sent even in quiet hours")]
Note = Annotated[
    Text,
    Field(max_length=LONGEST_NOTE, description="What you know of it"),
]
ChannelName = Annotated[Text, Field(max_length=60, description="Its name, unique among yours")]
AnyHow = Annotated[How, Field(strict=False, description="When its alerts are sent")]
OnlyUrgent = Annotated[bool, Field(description="Whether only urgent alerts are sent")]
LeftOut = Annotated[
    list[Id],
    Field(max_length=1000, description="Lists whose alerts are not sent"),
]
TargetPrice = Annotated[int, Field(description="You want an alert below this price in fen")]
Cost = Annotated[int, Field(description="What one unit costs you, in fen")]
Profit = Annotated[int, Field(description="What one unit should earn you, in fen")]
_MARGIN = (
    "What the price leaves after the cost, in hundredths of percent of the price; negative for a "
    "loss"
)
_AMOUNT = Field(ge=1, le=MOST_YUAN * 100)
Lines = Annotated[list[Text], Field(description="IDs, links or share texts")]

# Values that are only answered

Key = Annotated[str, Field(description="Its ID")]
Currency = Annotated[Literal["CNY"], Field(description="Of all money here, which is in fen")]
Price = Annotated[int, Field(description="Price in fen; a product that is gone has none")]
Title = Annotated[str, Field(description="Title of the product, written by a stranger")]
DataTime = Annotated[datetime, Field(description="When the platform had this state")]
CreatedAt = Annotated[datetime, Field(description="When it was created")]
CheckedAt = Annotated[datetime, Field(description="When a check last succeeded")]
FailingSince = Annotated[datetime, Field(description="Since when no check succeeds")]
MutedUntil = Annotated[datetime, Field(description="When your alerts of the product begin again")]
LastSeenBefore = Annotated[datetime, Field(description="When the state before was last seen")]
RequestId = Annotated[str, Field(description="The provider's ID of the call, for support")]
Value = Annotated[Any, Field(description="In fen, hundredths of a point, units or words")]
IsPaused = Annotated[bool, Field(description="Whether it is paused")]
Score = Annotated[int, Field(description="In hundredths of a point")]
GapName = Annotated[
    str,
    BeforeValidator(lambda gap: Gap(gap).name.lower()),
    Field(description="Against its category: above, level, below, none"),
]
KindName = Annotated[str, Field(description="What the rule watches for")]
RuleText = Annotated[str, Field(description="The rule in your language")]
FieldName = Annotated[str, Field(description="What changed, or is compared with rivals (`my_…`)")]
LineNumber = Annotated[int, Field(description="Number of the line, from 1")]
LineText = Annotated[str, Field(description="The line")]
LineFault = Annotated[str, Field(description="What is wrong, for programs")]
FaultInWords = Annotated[str, Field(description="What is wrong, in your language")]
Unread = Annotated[int, Field(description="Number of your unread alerts")]
Pace = Annotated[
    str,
    Field(description="`adaptive`: more often what changes more; `fixed`"),
]
_INTERVAL = Field(description="Checked at least so often, in seconds")
_SOONEST = Field(description="Checked at most so often, in seconds")
Interval = Annotated[Seconds, _INTERVAL]
_READING = Field(description="The time between two readings, in seconds")
_ADDS = Field(
    description="What joins the list by itself: nothing, all that match, new products, best sellers"
)
Adds = Annotated[Literal["", "all", "new", "best"], _ADDS]
AddedWords = Annotated[Text, Field(max_length=100, description="Words that the title has")]
_MOST = Field(
    ge=1,
    le=MOST_EVER_ADDED,
    description="Nothing joins while the list has this many of its products",
)
MostAdded = Annotated[int, _MOST]
Soonest = Annotated[Seconds, _SOONEST]
#: Lists and products had hours of checks once: programs may still read and send them.
_NO_HOURS = "Always `null`: checks are made at any hour"
NoHour = Annotated[int | None, Field(description=_NO_HOURS)]
IgnoredHour = Annotated[
    Annotated[int, Field(ge=0, le=24)] | None,
    Field(exclude=True, description="Ignored: checks are made at any hour"),
]
Priority = Annotated[int, Field(description="Which checks come first: 1 low, 2 normal, 3 high")]


def _tag(text: str) -> str:
    """Return a tag as the page reads it. Raises ValueError."""
    tags = read_tags(text)
    if len(tags) != 1:
        raise ValueError("A tag is a word with a visible character, other than '-'.")
    return tags[0]


Tag = Annotated[
    str,
    Field(min_length=1, max_length=LONGEST_TAG, pattern=r"^[^\x00\s,，、;；]+$"),
    AfterValidator(_tag),
]
Tags = Annotated[list[Tag], Field(max_length=MOST_TAGS, description="Words to filter by")]


class Described(Schema):
    """A type whose fields are described by the texts below them."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class Given(Described):
    """The body of a request: a field that is not known is an error, and so is a number or a truth
    value as text."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Changes(Given):
    """The body of a PATCH: a field that is not sent stays as it is. The description tells no
    defaults, because generated clients send them."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = handler.resolve_ref_schema(handler(core))
        for field in schema["properties"].values():
            field.pop("default", None)
        return schema


def shown_as(**body: Any) -> ConfigDict:
    """Return the configuration of a body with the request that the description shows."""
    return ConfigDict(json_schema_extra={"examples": [body]})


class AnswerPart(Described):
    """A part of an answer."""

    model_config = ConfigDict(coerce_numbers_to_str=True)


class Page[Item](AnswerPart):
    """One page of a long list."""

    items: list[Item]
    """The rows of this page"""
    next: str | None
    """`cursor` of the next page, `null` on the last"""


# Errors


class RefusedValue(AnswerPart):
    """A value that was refused."""

    where: str
    """The way to the value"""
    what: str
    """What is wrong, in the user's language"""


class ProblemDetails(AnswerPart):
    """An error (RFC 9457)."""

    type: str = Field(json_schema_extra={"enum": [TYPE_PREFIX + kind for kind in KINDS]})
    """For programs"""
    title: str
    """The status in words"""
    status: int = Field(ge=400, le=599)
    """The HTTP status"""
    detail: str
    """What went wrong, in the user's language"""
    errors: list[RefusedValue] = []
    """With 422: each value that was refused"""
    more_errors: int = 0
    """With 422: how many more were refused"""
    limit: str = ""
    """With `over-allowance`: the limit that would be exceeded"""
    most: int = 0
    """With `over-allowance`: how many the limit allows"""
    left: int = 0
    """With `over-allowance`: how many are left"""


# Shops and products


class ShopName(AnswerPart):
    """A shop."""

    id: Key = Field(alias="pk")
    shop_id: str
    """The platform's ID of the shop"""
    name: str | None
    """Its name, written by a stranger"""


class ShopOut(ShopName):
    """A shop and its scores."""

    company_name: str | None
    """The company behind it"""
    score_scale: int | None
    """The highest score, in points"""
    product_score: Score | None
    logistics_score: Score | None
    service_score: Score | None
    product_gap: GapName | None
    logistics_gap: GapName | None
    service_gap: GapName | None
    data_time: DataTime | None


class ProductValues(AnswerPart):
    """The values of a product at one time, other than its price and status."""

    title: Title | None
    currency: Currency = "CNY"
    list_price: int | None
    """List price in fen"""
    sku_min_price: int | None
    """Price of the cheapest SKU in fen"""
    sku_max_price: int | None
    """Price of the dearest SKU in fen"""
    sales: int | None
    """Units sold, at least"""
    sales_step: int | None
    """To what the platform rounds `sales` down"""
    presale: str | None
    """Whether it is sold in advance"""


class UnitsADay(AnswerPart):
    """Units sold a day in the last 7 days, estimated from the times at which `sales` rose. Nine
    times in ten the range holds the last 7, 14 and 30 days."""

    low: float = Field(alias="units_low")
    """At least"""
    likely: float | None = Field(alias="units")
    """`null` if only `high` is known"""
    high: float = Field(alias="units_high")
    """At most"""


class ProductOut(ProductValues):
    """The last known state of a product."""

    num_iid: NumIid
    status: Status | None = Field(alias="displayed_status")
    """`null` before the first data"""
    price: Price | None = Field(alias="current_price")
    price_a_day_ago: Price | None = None
    price_a_week_ago: Price | None = None
    units_a_day: UnitsADay | None = None
    """`null` while nothing is known about it"""
    revenue_a_day: int | None = Field(None, alias="revenue")
    """In fen: likely units a day × price"""
    image: str
    """Address of its picture, or ''"""
    shop: ShopName | None
    """Who sells it"""
    first_data_time: datetime | None
    """The time of the first data"""
    changed_at: datetime | None
    """When its state last changed, or the first data"""
    data_time: DataTime | None
    checked_at: CheckedAt | None
    failing_since: FailingSince | None
    next_check_at: datetime | None
    """When it is checked next"""

    @staticmethod
    def resolve_units_a_day(product: Product) -> Product | None:
        return None if product.units_high is None else product


class OnListOut(AnswerPart):
    """A watchlist that a product is on."""

    watchlist: WatchlistId = Field(alias="watchlist_id")
    is_paused: IsPaused


class ListedProductOut(ProductOut):
    """A product with the lists that it is on, and the number of its unread alerts."""

    watches: list[OnListOut] = Field(alias="on_lists")
    """The watchlists that it is on"""
    unread: Unread


class WatchOut(AnswerPart):
    """A product on a list. How it is checked is `null` where it is as the list says. Those who may
    only view the list see no note, cost, profit, floor price or margin, unless its owner shows
    them."""

    id: Key = Field(alias="pk")
    watchlist: WatchlistId = Field(alias="watchlist_id")
    note: Note = Field(alias="shown_note")
    tags: list[str] = Field(alias="tag_names")
    """Words to filter by"""
    target_price: TargetPrice | None
    cost: Cost | None = Field(alias="shown_cost")
    profit: Profit | None = Field(alias="shown_profit")
    floor_price: int | None
    """Cost and wanted profit together, in fen"""
    margin: int | None = Field(None, alias="margin.share", description=_MARGIN)
    currency: Currency = "CNY"
    is_paused: IsPaused
    interval_seconds: Interval | None = Field(alias="interval")
    soonest_seconds: Soonest | None = Field(alias="soonest")
    pace: str
    """As of a watchlist; '' where it is as the list says"""
    priority: Priority | None
    hours_from: NoHour = None
    hours_until: NoHour = None
    created_at: CreatedAt


class WatchedProduct(WatchOut):
    """A watch with its product."""

    product: ProductOut
    """What is watched"""


class ProductInFull(ProductOut):
    """A product with its content as the provider tells it, and its watches."""

    content: dict[str, Any]
    """Its content as the provider tells it"""
    muted_until: MutedUntil | None
    watches: list[WatchOut] = Field(alias="on_lists")
    """Your watches of it"""


class SnapshotOut(ProductValues):
    """A state from `data_time` until the next snapshot's."""

    data_time: DataTime
    last_seen_before: LastSeenBefore | None
    price: Price | None
    status: str | None
    """As of a product"""
    request_id: RequestId
    from_cache: bool
    """Whether it came from the provider's cache"""
    thin: bool
    """Whether the record was incomplete"""


class Point(TypedDict):
    """A value that holds from `at` until the next point; `null` where nothing is known. No
    `Schema`, because a line has up to a thousand of them."""

    at: Annotated[datetime, Field(description="From this time on")]
    value: Annotated[
        int | None,
        Field(description="In fen or units; `null` where nothing is known"),
    ]


class Points(AnswerPart):
    """Step lines as a chart draws them: at most 1000 points each."""

    since: datetime
    """When the lines begin"""
    until: datetime
    """When the lines end"""
    currency: Currency = "CNY"
    price: list[Point]
    """Prices in fen"""
    list_price: list[Point]
    """List prices in fen"""
    sales: list[Point]
    """Units sold, at least"""


class ChangeOut(AnswerPart):
    """One field, which changed between `last_seen_before` and `first_seen_after`."""

    id: Key = Field(alias="pk")
    field: FieldName
    before: Value
    after: Value
    last_seen_before: LastSeenBefore
    first_seen_after: datetime
    """When the state after was first seen"""
    doubted_at: datetime | None
    """When it was first read, if a second reading had to confirm it"""
    request_id: RequestId
    currency: Currency = "CNY"


class ProductChange(ChangeOut):
    """A change of a product."""

    alert: str | None = Field(alias="alert_id")
    """The first alert about it"""


class WatchedChange(ChangeOut):
    """A change of one of the watched products."""

    num_iid: NumIid = Field(alias="product.num_iid")
    title: Title | None = Field(alias="product.title")


# Watchlists, rules and alerts


class WatchlistOut(AnswerPart):
    """A watchlist, and how its products are checked."""

    id: Key = Field(alias="pk")
    name: str
    """Its name"""
    role: Literal["owner", "editor", "viewer"]
    """What you are on it"""
    pace: Pace
    interval_seconds: Interval = Field(alias="interval")
    soonest_seconds: Soonest = Field(alias="soonest")
    priority: Priority
    hours_from: NoHour
    hours_until: NoHour
    is_paused: IsPaused
    products: int = Field(alias="product_count")
    """Number of products"""
    unread: Unread
    created_at: CreatedAt


ListName = Annotated[
    Text,
    Field(
        min_length=1,
        max_length=100,
        description="None of your lists looks like it",
    ),
]


class WatchlistGiven(Given):
    """A new watchlist, with the default rules. Its checks are those of a new one on the page, if
    nothing is sent."""

    model_config = shown_as(name="Suppliers", interval_seconds=3600)

    name: ListName
    pace: Annotated[Pace, Field(pattern="^(adaptive|fixed)$")] = "adaptive"
    interval: Annotated[int, _INTERVAL, _A_LENGTH] = Field(86_400, alias="interval_seconds")
    soonest: Annotated[int, _SOONEST, _A_LENGTH] = Field(300, alias="soonest_seconds")
    priority: Annotated[Priority, Field(ge=1, le=3)] = 2
    hours_from: IgnoredHour = None
    hours_until: IgnoredHour = None


class WatchlistChanges(Changes, WatchlistGiven):
    """A field that is not sent stays as it is."""

    model_config = shown_as(name="Rivals of spring", is_paused=False)

    name: ListName = ""
    is_paused: IsPaused = False


class FollowOut(AnswerPart):
    """A shop that a list follows."""

    shop: ShopName
    """Which shop"""
    interval_seconds: Annotated[Seconds, _READING] = Field(alias="interval")
    adds: Adds
    words: AddedWords
    currency: Currency = "CNY"
    lowest: Fen | None
    highest: Fen | None
    most: MostAdded
    on_list: int
    """Number of its products on the list"""
    pages: int | None = Field(alias="shop.assortment.pages")
    """Calls of a reading; `null` before the first"""
    read_at: datetime | None = Field(alias="shop.assortment.read_at")
    """When its range was last read to its end"""
    next_reading_at: datetime | None = Field(alias="shop.assortment.next_check_at")
    """When it is read next"""
    failing_since: FailingSince | None = Field(alias="shop.assortment.failing_since")
    created_at: CreatedAt


class FollowChanges(Changes):
    """How often the shop is read, and what joins the list. A field that is not sent stays as it is.
    What matches new terms joins now, or from now on for `new`."""

    model_config = shown_as(adds="new", words="summer", highest=9900)

    interval: Annotated[int, _READING, Field(ge=3600, le=2_592_000)] = Field(
        86_400, alias="interval_seconds"
    )
    adds: Adds = ""
    words: AddedWords = ""
    lowest: Fen | None = None
    highest: Fen | None = None
    most: MostAdded = MOST_ADDED


class FollowGiven(FollowChanges):
    """A shop to follow."""

    model_config = shown_as(shop="7", interval_seconds=86_400)

    shop: Id


class RangeEntryOut(AnswerPart):
    """A product in the range of a followed shop."""

    num_iid: NumIid = Field(alias="product.num_iid")
    title: Title | None = Field(alias="product.title")
    currency: Currency = "CNY"
    price: Price | None
    sales: int | None
    """Units sold, at least"""
    units_a_day: UnitsADay | None = None
    """`null` while nothing is known about it"""
    revenue_a_day: int | None = Field(None, alias="product.revenue")
    """In fen: likely units a day × price"""
    is_best_seller: bool = Field(alias="is_best")
    """Whether it is among the ten that sell best"""
    appeared_at: datetime | None
    """When it was new; `null` if it was there at the first reading"""
    listed_at: datetime
    """When a reading last listed it"""
    left_at: datetime | None
    """When it was known to have left"""

    @staticmethod
    def resolve_units_a_day(entry: AssortmentEntry) -> Product | None:
        return ProductOut.resolve_units_a_day(entry.product)


def _in_search(typed: Any) -> Any:
    return in_search(typed) if isinstance(typed, str) else typed


class SearchQuery(Described):
    """Which search, and how much of it."""

    q: Annotated[
        Text, Field(min_length=1, max_length=LONGEST_WORDS), BeforeValidator(_in_search)
    ] = Field(examples=["linen shirt"])
    """Words of titles, or a shop's name"""
    pages: int = Field(1, ge=1, le=MOST_PAGES)
    """Its first pages, as one list"""
    sort: Literal["", "price", "-price", "sold", "-sold"] = ""
    """Order; by default the platform's"""


class SearchGiven(Given, SearchQuery):
    """The first of these pages that is not known is asked for."""

    model_config = shown_as(q="linen shirt")


class FoundOut(AnswerPart):
    """A product as a search lists it: coarser than a check."""

    num_iid: NumIid = Field(alias="product.num_iid")
    title: Title | None = Field(alias="product.title")
    currency: Currency = "CNY"
    price: Price | None = Field(alias="product.price")
    list_price: int | None = Field(alias="product.list_price")
    """List price in fen"""
    sales: int | None = Field(alias="product.sales")
    """Units sold, at least"""
    shop_name: str | None
    """Who sells it, written by a stranger"""
    watchlists: list[WatchlistId]
    """Your watchlists that it is on"""

    @staticmethod
    def resolve_watchlists(found: FoundProduct) -> list[str]:
        return [str(watchlist.pk) for watchlist in found.lists]


class SearchOut(AnswerPart):
    """What the first pages of a search have found in the last 24 hours, whoever asked for them."""

    state: Literal["done", "waiting", "failed", "unasked"]
    """`done`: all these pages are known; or what has become of the first one that is not"""
    failure: str
    """Why it failed, in your language, or ''"""
    pages: int
    """How many of the pages are known"""
    is_all: bool
    """Whether the platform has no more"""
    items: list[FoundOut]
    """The products of these pages, each once"""


class RivalOut(AnswerPart):
    """A product that another one is compared with."""

    num_iid: NumIid
    title: Title | None
    price: Price | None
    """Its price in fen, if it counts: on sale, and not stale"""


class StandingOut(AnswerPart):
    """Where a product stands among its rivals by price, of those whose prices count."""

    currency: Currency = "CNY"
    price: int | None
    """Its own price in fen, if it counts"""
    index: float | None
    """Its price in percent of the rivals' mean"""
    position: int | None
    """Its place, from the cheapest"""
    places: int
    """Offers that count, its own among them"""
    lowest: int | None
    """The cheapest rival's, in fen"""
    mean: int | None
    """The mean of the rivals', in fen"""
    highest: int | None
    """The dearest rival's, in fen"""
    rivals: list[RivalOut]
    """All of them"""


class RivalsGiven(Given):
    """Products to compare with."""

    model_config = shown_as(rivals=["3514453298386183303"])

    rivals: list[NumIid] = Field(min_length=1, max_length=20)
    """Products of your lists"""


class ConditionOut(AnswerPart):
    """A condition of a rule."""

    kind: KindName
    threshold: Threshold | None = None
    days: Days | None = None


class RuleCondition(ConditionOut):
    """The condition of a rule, with those that must hold, too."""

    also: list[ConditionOut] = []
    """What must hold, too"""


class RuleOut(RuleCondition):
    """A rule of a list, or of one product on it, which replaces the list's unless it is a target
    price."""

    id: Key = Field(alias="pk")
    watchlist: WatchlistId = Field(alias="watchlist_id")
    product: NumIid | None
    """The product that it is for; `null`: all of the list"""
    own: NumIid | None = Field(description=_OWN)
    currency: Currency = "CNY"
    text: RuleText
    cooldown_seconds: Cooldown = Field(alias="cooldown")
    is_urgent: IsUrgent
    is_active: bool
    """Whether it fires"""
    is_target: bool
    """Whether it is the target price of a product"""
    created_at: CreatedAt


class AlertOut(AnswerPart):
    """A rule that fired. Firings within its cool-down are one alert, with their `count`."""

    id: Key = Field(alias="pk")
    watchlist: WatchlistId = Field(alias="watchlist_id")
    rule: str | None = Field(alias="rule_id")
    """The ID of the rule, if it still exists"""
    kind: KindName = Field(alias="rule_as_it_was.kind")
    product: NumIid | None
    title: Title | None
    shop: str | None = Field(alias="shop_id")
    """The ID of the shop, if it is about one"""
    field: FieldName
    before: Value
    after: Value
    reference: int | None = Field(alias="compared_with")
    """What the rule compared with"""
    counted_from: int | None
    """From this to `after` the rule counted; `null` if they are no numbers"""
    reason: str
    """Why, beside the values, or empty"""
    currency: Currency = "CNY"
    count: int
    """How often it fired within the rule's cool-down"""
    data_time: DataTime
    created_at: CreatedAt
    is_read: bool
    """Whether you have read it"""
    is_urgent: IsUrgent = Field(False, alias="rule_as_it_was.is_urgent")
    rule_text: RuleText = Field(alias="rule_in_words")

    @staticmethod
    def resolve_product(alert: Alert) -> str | None:
        return alert.product.num_iid if alert.product else None

    @staticmethod
    def resolve_title(alert: Alert) -> str | None:
        return alert.product.title if alert.product else None


class FiringOut(AnswerPart):
    """One firing of a rule."""

    at: datetime
    """When it fired"""
    value: Value


class AlertInFull(AlertOut):
    """An alert with its evidence."""

    request_id: RequestId
    rule_as_it_was: RuleCondition
    """The rule when it fired"""
    change: ChangeOut | None
    """The change that it is about"""
    snapshot: SnapshotOut | None
    """The state since then"""
    began_at: datetime | None
    """When the first firing was"""
    held_until: datetime | None
    """Until when it gathers further firings"""
    firings: list[FiringOut]
    """The last firings"""
    muted_until: MutedUntil | None

    @staticmethod
    def resolve_firings(alert: Alert) -> list[Mapping[str, Any]]:
        return [{"at": at, "value": value} for at, value in alert.moments]


# Usage


class Used(AnswerPart):
    """A part of an allowance."""

    used: int | None
    """How many are used; `null` if not counted"""
    most: int | None
    """How many you may have; `null` without a limit"""


class UsedDay(AnswerPart):
    """The calls made for you on a day."""

    day: str
    """A day in China"""
    calls: float
    """Calls made for you; parts, where several people share one"""


class UsageOut(AnswerPart):
    """Your allowance, and what of it is used."""

    checks: Used
    """Checks that you asked for today"""
    checks_left: int
    """How many you may ask for today"""
    resets_at: datetime
    """When the next day begins"""
    lists: Used
    """Your watchlists"""
    products: Used
    """Products on them"""
    messages: Used
    """Messages of today"""
    days: list[UsedDay]
    """The last 30 days"""


# Writes


class Marked(AnswerPart):
    """Alerts that were marked as read."""

    read: int
    """How many were unread"""


class AlertsToRead(Given):
    """Some alerts by their IDs; or with `all` every unread alert that passes the filters."""

    model_config = shown_as(ids=["5012"])

    ids: Annotated[list[Id], Field(max_length=1000)] = []
    """These alerts"""
    all: bool = False
    """Instead of `ids`: every unread alert that passes the filters"""
    watchlist: WatchlistId | None = None
    kind: AnyKind | None = None
    product: NumIid | None = None


class MuteFor(Given):
    """How long a product gives no alerts."""

    model_config = shown_as(**{"for": "week"})

    length: Literal["day", "week"] = Field("day", alias="for")
    """How long"""


class CheckAsked(AnswerPart):
    """A product whose check was asked for. Both are `null` while it is paused on all lists."""

    asked_at: datetime | None
    """When the check was asked for; `null` if it is not waiting"""
    next_check_at: datetime | None
    """When it is checked next"""


class Muted(AnswerPart):
    """A product that gives no alerts."""

    muted_until: MutedUntil | None


class ProductsToAdd(Given):
    """Products for a list."""

    model_config = shown_as(products=["3514453298386183303"])

    products: Annotated[Lines, Field(min_length=1, max_length=100)]


class LineProblem(AnswerPart):
    """A line that was not added."""

    line: LineNumber
    text: LineText
    problem: LineFault
    words: FaultInWords


class ProductsAdded(AnswerPart):
    """What became of the lines. Doubtful IDs are among the `problems`, and are not added."""

    added: list[NumIid]
    """Products that are new on the list"""
    watched: list[NumIid]
    """Products that were on it before"""
    problems: list[LineProblem]
    """Lines that were not added"""


class ImportGiven(Given):
    """Products for a list, with their first checks later."""

    model_config = shown_as(watchlist="7", products=["3514453298386183303"])

    watchlist: WatchlistId
    products: Annotated[Lines, Field(min_length=1, max_length=STEP)]
    rival_of: RivalOf | None = None


class ImportListed(AnswerPart):
    """An import of products."""

    id: Key = Field(alias="pk")
    watchlist: WatchlistId | None = Field(alias="watchlist_id")
    created_at: CreatedAt
    finished_at: datetime | None
    """When the last line was added"""
    undone_at: datetime | None
    """When a user undid it"""
    file_name: str
    """Name of the uploaded file, if any"""


class ImportOut(ImportListed):
    """What becomes of the lines of an import, and of the first checks of its products."""

    rows: int = Field(0, alias="account.rows")
    """All lines"""
    added: int = Field(0, alias="account.added")
    """Lines that were added"""
    waiting: int = Field(0, alias="account.waiting")
    """Lines that will be added"""
    already: int = Field(0, alias="account.already")
    """Lines of products on the list before"""
    repeated: int = Field(0, alias="account.repeated")
    """Lines of products further up"""
    bad: int = Field(0, alias="account.bad")
    """Lines without an ID"""
    doubtful: int = Field(0, alias="account.doubtful")
    """Lines with likely typing errors"""
    left: int = Field(0, alias="account.left")
    """Lines that were left out"""
    unchecked: int = Field(alias="checks.unchecked")
    """Added, but not yet checked"""
    missing: int = Field(alias="checks.missing")
    """Added, but unknown to the platform"""
    failing: int = Field(alias="checks.failing")
    """Added, but all checks have failed"""
    paired: int = Field(0, alias="account.paired")
    """Pairings that were made"""


class ImportRowOut(AnswerPart):
    """A line of an import."""

    line: LineNumber = Field(alias="number")
    text: LineText
    num_iid: NumIid | None
    added: bool = Field(alias="was_added")
    """Whether it was added"""
    problem: LineFault | None
    words: FaultInWords | None
    rival_problem: LineFault | None
    checked_at: CheckedAt | None
    failing_since: FailingSince | None


class ConditionGiven(Given):
    """A condition of a rule."""

    kind: AnyKind
    threshold: Annotated[Threshold, Field(ge=1, le=MOST_THRESHOLD)] | None = None
    days: Annotated[Days, Field(ge=1, le=MOST_DAYS)] | None = None


class RuleTerms(ConditionGiven):
    """A rule's condition, and how often it may give an alert."""

    own: NumIid | None = Field(None, description=_OWN)
    also: Annotated[list[ConditionGiven], Field(max_length=MOST_ALSO)] = []
    """What must hold, too"""
    cooldown_seconds: AnyCooldown | None = None
    is_urgent: IsUrgent = False


class RuleGiven(RuleTerms):
    """A rule of a list or, with `product`, of one product on it. The first one of a product comes
    with copies of the list's rules, which it replaces, unless `keep_lists` is false. A target price
    of a watch replaces none."""

    model_config = shown_as(kind="price_below", threshold=6900)

    product: NumIid | None = None
    """Only for this product, instead of the whole list"""
    keep_lists: bool = True
    """Whether a product's first own rule comes with copies of the list's"""


class RuleChanges(Changes, RuleTerms):
    """A field that is not sent stays as it is. A `kind` comes with its own `threshold`, `days` and
    `also`."""

    model_config = shown_as(threshold=5900, also=[{"kind": "on_sale"}])

    kind: AnyKind = Kind.PRICE_CHANGED
    is_active: bool = True
    """Whether it fires"""


class TrialFiring(AnswerPart):
    """A firing that would have been."""

    at: datetime
    """When it would have fired"""
    name: str = Field(alias="of")
    """The product or shop"""
    value: str
    """The value in words"""


class Trial(AnswerPart):
    """A rule applied to the history of the last `days`."""

    days: int
    """Length of the history"""
    times: int
    """How often it would have fired"""
    fired_for: int
    """For how many products or shops"""
    tried: int
    """Number of products or shops"""
    of_shops: bool
    """Whether these are shops"""
    is_part: bool
    """Whether not all were tried"""
    begins: datetime | None
    """When the history begins, if it is shorter"""
    latest: list[TrialFiring]
    """The last firings"""


class ChannelOut(AnswerPart):
    """A channel, without its address."""

    id: Key = Field(alias="pk")
    kind: str
    """Its platform"""
    name: ChannelName = Field(alias="shown_name")
    state: Literal["works", "paused", "failing", "refused"]
    """Whether its messages arrive"""
    how: AnyHow
    only_urgent: OnlyUrgent
    is_paused: IsPaused
    left_out: LeftOut
    failing_since: datetime | None
    """Since when no message arrives"""
    refused_at: datetime | None
    """When it refused messages for good"""
    answer: str
    """What the platform last said"""
    advice: str
    """What you have to do"""
    confirmed_at: datetime
    """When a test message last arrived"""
    created_at: CreatedAt

    @staticmethod
    def resolve_left_out(channel: Channel) -> list[int]:
        return [choice.watchlist_id for choice in channel.choices.all() if choice.is_off]

    @staticmethod
    def resolve_advice(channel: Channel) -> str:
        return gettext(channel.advice) if channel.advice else ""


class ChannelGiven(Given):
    """A new channel, if a test message arrives at its address."""

    model_config = shown_as(
        kind="webhook", name="ERP", url="https://erp.example.com/hooks", secret=f"whsec_{'A' * 32}"
    )

    kind: Annotated[ChannelKind, Field(strict=False)]
    """Its platform"""
    name: ChannelName
    url: str = Field(max_length=1000)
    """Where messages go"""
    secret: Text = Field("", description=_SIGNS)


class ChannelChanges(Changes):
    """A field that is not sent stays as it is. A new `url` or `secret` is used when a test message
    has arrived."""

    model_config = shown_as(how="daily", left_out=["7"])

    name: ChannelName = ""
    url: str = Field("", max_length=1000)
    """A new address"""
    secret: Text = ""
    """A new signing secret; without it the old one"""
    how: AnyHow = How.AT_ONCE
    only_urgent: OnlyUrgent = False
    is_paused: IsPaused = False
    left_out: LeftOut = []


class WatchChanges(Changes):
    """A field that is not sent stays as it is; `null` removes an amount, and lets the product be
    checked as the list says; so does '' as `pace`."""

    model_config = shown_as(target_price=6900, cost=4200, tags=["summer"])

    target_price: Annotated[TargetPrice, _AMOUNT] | None = None
    cost: Annotated[Cost, _AMOUNT] | None = None
    profit: Annotated[Profit, _AMOUNT] | None = None
    note: Note = ""
    tags: Tags = []
    is_paused: IsPaused = False
    pace: Annotated[Pace, Field(pattern="^(adaptive|fixed)?$")] = ""
    interval: Annotated[int, _INTERVAL, _A_LENGTH] | None = Field(None, alias="interval_seconds")
    soonest: Annotated[int, _SOONEST, _A_LENGTH] | None = Field(None, alias="soonest_seconds")
    priority: Annotated[Priority, Field(ge=1, le=3)] | None = None
    hours_from: IgnoredHour = None
    hours_until: IgnoredHour = None
