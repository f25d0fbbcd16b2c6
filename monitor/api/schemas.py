"""What the API takes and gives. Money is in fen, IDs are strings, times are UTC, and `null` is 'not told'.

An `alias` is where a field is found on the row.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, TypedDict

from django.utils.translation import gettext
from ninja import Field, Schema
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, ConfigDict

from monitor.mail_times import How
from monitor.models import Alert, Channel
from monitor.models.catalog import NUM_IID
from monitor.provider.observation import Status
from monitor.rules.conditions import MOST_ALSO, MOST_DAYS
from monitor.rules.kinds import Kind
from monitor.uploads.sheets import LONGEST_NOTE, LONGEST_TAG, MOST_TAGS, MOST_YUAN, read_tags
from monitor.watchlists.imports import STEP

Id = Annotated[str, Field(pattern=r"^[0-9]{1,18}$")]
NumIid = Annotated[str, Field(pattern=rf"^{NUM_IID}$")]
Text = Annotated[str, Field(pattern=r"^[^\x00]*$", max_length=500)]
Fen = Annotated[int, Field(ge=0, le=MOST_YUAN * 100)]
#: Databases and zones reach no farther.
Instant = Annotated[AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), le=datetime(2100, 1, 1, tzinfo=UTC))]
#: More than any kind of rule takes.
MOST_THRESHOLD = 10**12
Seconds = Annotated[
    int, BeforeValidator(lambda span: int(span.total_seconds()) if isinstance(span, timedelta) else span)
]


def _tag(text: str) -> str:
    """A tag as the page reads it. Raises ValueError."""
    tags = read_tags(text)
    if len(tags) != 1:
        raise ValueError("A tag is a word with a visible character, other than '-'.")
    return tags[0]


Tag = Annotated[str, Field(min_length=1, max_length=LONGEST_TAG, pattern=r"^[^\x00\s,，、;；]+$"), AfterValidator(_tag)]
#: In JSON a kind is a text.
AnyKind = Annotated[Kind, Field(strict=False)]


class Given(Schema):
    """The body of a request: a field that is not known is an error, and so is a number or a truth value as text."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Told(Schema):
    """A part of an answer."""

    model_config = ConfigDict(coerce_numbers_to_str=True)


class Page[Item](Told):
    """`next` is the cursor of the next page; `null` on the last one."""

    items: list[Item]
    next: str | None


# Shops and products


class ShopName(Told):
    id: str = Field(alias="pk")
    shop_id: str
    name: str | None


class ShopTold(ShopName):
    """Scores are in hundredths of a point, up to `score_scale` points. A gap is against the category's average."""

    company_name: str | None
    score_scale: int | None
    product_score: int | None
    logistics_score: int | None
    service_score: int | None
    product_gap: str | None = Field(alias="gaps.product_gap")
    logistics_gap: str | None = Field(alias="gaps.logistics_gap")
    service_gap: str | None = Field(alias="gaps.service_gap")
    data_time: datetime | None


class ProductTold(Told):
    """The last known state. A product that is gone has no `price`. Sales are at least `sales`, rounded to `sales_step`.

    `changed_at` is when its state last changed, or the first data; `failing_since`, since when no check succeeds.
    """

    num_iid: str
    title: str | None
    status: Status | None = Field(alias="displayed_status")
    currency: Literal["CNY"] = "CNY"
    price: int | None = Field(alias="current_price")
    price_a_day_ago: int | None = Field(None, alias="index.price_a_day_ago")
    price_a_week_ago: int | None = Field(None, alias="index.price_a_week_ago")
    list_price: int | None
    sku_min_price: int | None
    sku_max_price: int | None
    sales: int | None
    sales_step: int | None
    presale: str | None
    image: str
    shop: ShopName | None
    first_data_time: datetime | None
    changed_at: datetime | None
    data_time: datetime | None
    checked_at: datetime | None
    failing_since: datetime | None
    next_check_at: datetime | None


class OnListTold(Told):
    watchlist: str = Field(alias="watchlist_id")
    is_paused: bool


class ListedProductTold(ProductTold):
    """With the lists that it is on, and the number of its unread alerts."""

    watches: list[OnListTold] = Field(alias="on_lists")
    unread: int


class WatchTold(Told):
    """A product on a list. How it is checked is `null` where it is as the list says."""

    id: str = Field(alias="pk")
    watchlist: str = Field(alias="watchlist_id")
    note: str
    tags: list[str] = Field(alias="tag_names")
    target_prices: list[int]
    currency: Literal["CNY"] = "CNY"
    is_paused: bool
    interval_seconds: Seconds | None = Field(alias="interval")
    soonest_seconds: Seconds | None = Field(alias="soonest")
    pace: str
    priority: int | None
    created_at: datetime


class WatchedProduct(WatchTold):
    product: ProductTold


class ProductInFull(ProductTold):
    """With its content as the provider tells it, and its watches. `muted_until` is the user's."""

    content: dict[str, Any]
    muted_until: datetime | None
    watches: list[WatchTold] = Field(alias="on_lists")


class SnapshotTold(Told):
    """A state from `data_time` until the next snapshot's. The state before was last seen at `last_seen_before`."""

    data_time: datetime
    last_seen_before: datetime | None
    currency: Literal["CNY"] = "CNY"
    price: int | None
    list_price: int | None
    sku_min_price: int | None
    sku_max_price: int | None
    sales: int | None
    sales_step: int | None
    status: str | None
    title: str | None
    presale: str | None
    request_id: str
    from_cache: bool
    thin: bool


class Point(TypedDict):
    """A value that holds from `at` until the next point; `null` where nothing is known. No `Schema`, because a line has
    up to a thousand of them."""

    at: datetime
    value: int | None


class Points(Told):
    """Step lines as a chart draws them: at most 1000 points each."""

    since: datetime
    until: datetime
    currency: Literal["CNY"] = "CNY"
    price: list[Point]
    list_price: list[Point]
    sales: list[Point]


class ChangeTold(Told):
    """One field, which changed between `last_seen_before` and `first_seen_after`.

    `doubted_at`: when it was first read, if a second reading had to confirm it. `alert`: the first alert about it.
    """

    id: str = Field(alias="pk")
    field: str
    before: Any
    after: Any
    last_seen_before: datetime
    first_seen_after: datetime
    doubted_at: datetime | None
    request_id: str


class ProductChange(ChangeTold):
    alert: str | None = Field(alias="alert_id")


class WatchedChange(ChangeTold):
    num_iid: str = Field(alias="product.num_iid")
    title: str | None = Field(alias="product.title")


# Watchlists, rules and alerts


class WatchlistTold(Told):
    id: str = Field(alias="pk")
    name: str
    role: Literal["owner", "editor", "viewer"]
    pace: str
    interval_seconds: Seconds = Field(alias="interval")
    soonest_seconds: Seconds = Field(alias="soonest")
    priority: int
    hours_from: int | None
    hours_until: int | None
    is_paused: bool
    products: int = Field(alias="product_count")
    unread: int
    created_at: datetime


class ConditionTold(Told):
    """`threshold` is in the unit of the kind: fen, hundredths of a percent or of a point, units, hours."""

    kind: str
    threshold: int | None = None
    days: int | None = None


class RuleCondition(ConditionTold):
    also: list[ConditionTold] = []


class RuleTold(RuleCondition):
    """A rule of a list, or of one product on it, which replaces the list's. `own`: the product it compares with."""

    id: str = Field(alias="pk")
    watchlist: str = Field(alias="watchlist_id")
    product: str | None
    own: str | None = Field(alias="own_num_iid")
    text: str
    cooldown_seconds: Seconds = Field(alias="cooldown")
    is_urgent: bool
    is_active: bool
    created_at: datetime


class AlertTold(Told):
    """A rule that fired. `before` and `after` are of `field`; `reference` is what the rule compared with.

    Firings within a rule's cool-down are one alert, with their `count`.
    """

    id: str = Field(alias="pk")
    watchlist: str = Field(alias="watchlist_id")
    rule: str | None = Field(alias="rule_id")
    kind: str = Field(alias="rule_as_it_was.kind")
    text: str = Field(alias="rule_in_words")
    product: str | None
    title: str | None
    shop: str | None = Field(alias="shop_id")
    field: str
    before: Any
    after: Any
    reference: int | None = Field(alias="compared_with")
    currency: Literal["CNY"] = "CNY"
    count: int
    data_time: datetime
    created_at: datetime
    is_read: bool

    @staticmethod
    def resolve_product(alert: Alert) -> str | None:
        return alert.product.num_iid if alert.product else None

    @staticmethod
    def resolve_title(alert: Alert) -> str | None:
        return alert.product.title if alert.product else None


class FiringTold(Told):
    at: datetime
    value: Any


class AlertInFull(AlertTold):
    """With its evidence: the change, the state since then, the rule as it was, and the provider's `request_id`."""

    request_id: str
    rule_as_it_was: RuleCondition
    change: ChangeTold | None
    snapshot: SnapshotTold | None
    began_at: datetime | None
    held_until: datetime | None
    firings: list[FiringTold]
    muted_until: datetime | None

    @staticmethod
    def resolve_firings(alert: Alert) -> list[Mapping[str, Any]]:
        return [{"at": at, "value": value} for at, value in alert.moments]


# Usage


class Used(Told):
    """`most` is `null` without a limit; then checks are not counted."""

    used: int | None
    most: int | None


class UsedDay(Told):
    """A day of the provider, in China. `calls` may be parts: several people share one."""

    day: str
    calls: float


class UsageTold(Told):
    """One's own allowance. `checks` are those of today that one asked for."""

    checks: Used
    checks_left: int
    resets_at: datetime
    lists: Used
    products: Used
    messages: Used
    days: list[UsedDay]


# Writes


class Marked(Told):
    read: int


class AlertsToRead(Given):
    """Some alerts by their IDs; or with `all` every unread alert that passes the filters."""

    ids: Annotated[list[Id], Field(max_length=1000)] = []
    all: bool = False
    list: Id | None = None
    kind: AnyKind | None = None
    product: NumIid | None = None


class MuteFor(Given):
    length: Literal["day", "week"] = Field("day", alias="for")


class Muted(Told):
    muted_until: datetime | None


class ProductsToAdd(Given):
    """IDs, links and share texts."""

    products: Annotated[list[Text], Field(min_length=1, max_length=100)]


class LineProblem(Told):
    line: int
    text: str
    problem: str
    words: str


class ProductsAdded(Told):
    """`watched` were on the list before. Doubtful IDs are among the `problems`, and are not added."""

    added: list[str]
    watched: list[str]
    problems: list[LineProblem]


class ImportGiven(Given):
    """IDs, links and share texts for a list."""

    watchlist: Id
    products: Annotated[list[Text], Field(min_length=1, max_length=STEP)]


class ImportTold(Told):
    """What becomes of the lines of an import, and of the first checks of its products.

    `rows` are all lines. They were `added`, are `waiting` to be added, or are not: on the list `already`, `repeated`,
    `bad` without an ID, of `doubtful` IDs, or `left` out. Of the added ones `unchecked` wait for their first check,
    `missing` are not known to the provider, and `failing` have only failed.
    """

    id: str = Field(alias="pk")
    watchlist: str | None = Field(alias="watchlist_id")
    created_at: datetime
    finished_at: datetime | None
    undone_at: datetime | None
    rows: int = Field(0, alias="account.rows")
    added: int = Field(0, alias="account.added")
    waiting: int = Field(0, alias="account.waiting")
    already: int = Field(0, alias="account.already")
    repeated: int = Field(0, alias="account.repeated")
    bad: int = Field(0, alias="account.bad")
    doubtful: int = Field(0, alias="account.doubtful")
    left: int = Field(0, alias="account.left")
    unchecked: int = Field(alias="checks.unchecked")
    missing: int = Field(alias="checks.missing")
    failing: int = Field(alias="checks.failing")


class ImportRowTold(Told):
    """A line. `checked_at`: when a check of its product last succeeded."""

    line: int = Field(alias="number")
    text: str
    num_iid: str | None
    added: bool = Field(alias="was_added")
    problem: str | None
    words: str | None
    checked_at: datetime | None
    failing_since: datetime | None


class ConditionGiven(Given):
    """`threshold` is in the unit of the kind: fen, hundredths of a percent or of a point, units, hours."""

    kind: AnyKind
    threshold: Annotated[int, Field(ge=1, le=MOST_THRESHOLD)] | None = None
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] | None = None


class RuleTerms(ConditionGiven):
    """`own` is the product to compare with. All of `also` must hold too. `cooldown_seconds` is the shortest time
    between two alerts: 0, an hour, six hours, a day or a week."""

    own: NumIid | None = None
    also: Annotated[list[ConditionGiven], Field(max_length=MOST_ALSO)] = []
    cooldown_seconds: int | None = None
    is_urgent: bool = False


class RuleGiven(RuleTerms):
    """A rule of a list or, with `product`, of one product on it. The first one of a product comes with copies of the
    list's rules, which it replaces, unless `keep_lists` is false."""

    product: NumIid | None = None
    keep_lists: bool = True


class RuleChanges(RuleTerms):
    """A field that is not sent stays as it is. A `kind` comes with its own `threshold`, `days`, `own` and `also`."""

    kind: AnyKind = Kind.PRICE_CHANGED
    is_active: bool = True


class TrialFiring(Told):
    at: datetime
    name: str = Field(alias="of")
    value: str


class Trial(Told):
    """A rule applied to the history of the last `days`.

    `times`: how often it would have fired. `tried`: the number of products or shops; `fired_for`: for how many of them
    it would have fired. `begins`: when the history begins, if it is shorter. `is_part`: not all were tried. `latest`:
    the last firings.
    """

    days: int
    times: int
    fired_for: int
    tried: int
    of_shops: bool
    is_part: bool
    begins: datetime | None
    latest: list[TrialFiring]


class ChannelTold(Told):
    """A channel, without its address. `answer` is what the platform last said, `advice` what you have to do.

    `left_out`: lists whose alerts it does not get.
    """

    id: str = Field(alias="pk")
    kind: str
    name: str
    state: Literal["works", "paused", "failing", "refused"]
    how: How
    only_urgent: bool
    is_paused: bool
    left_out: list[str]
    failing_since: datetime | None
    refused_at: datetime | None
    answer: str
    advice: str
    confirmed_at: datetime
    created_at: datetime

    @staticmethod
    def resolve_left_out(channel: Channel) -> list[int]:
        return [watchlist.pk for watchlist in channel.left_out.all()]

    @staticmethod
    def resolve_advice(channel: Channel) -> str:
        return gettext(channel.advice) if channel.advice else ""


class ChannelGiven(Given):
    """An address, on which a test message has to arrive. `secret` signs messages: a webhook needs one."""

    kind: Annotated[Channel.Kind, Field(strict=False)]
    name: Text
    url: Annotated[str, Field(max_length=1000)]
    secret: Text = ""


class ChannelChanges(Given):
    """A field that is not sent stays as it is."""

    name: Text = ""
    how: Annotated[How, Field(strict=False)] = How.AT_ONCE
    only_urgent: bool = False
    is_paused: bool = False
    left_out: Annotated[list[Id], Field(max_length=1000)] = []


class WatchWords(Given):
    """A field that is not sent stays as it is; `null` removes a target price."""

    target_price: Annotated[int, Field(ge=1, le=MOST_YUAN * 100)] | None = None
    note: Annotated[str, Field(pattern=r"^[^\x00]*$", max_length=LONGEST_NOTE)] = ""
    tags: Annotated[list[Tag], Field(max_length=MOST_TAGS)] = []
