"""The parsed, immutable result of one successful call. `None` always means 'not told'."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum


class Status(StrEnum):
    ON_SALE = "on_sale"
    OFF_SHELF = "off_shelf"
    DELETED = "deleted"
    BANNED = "banned"
    UNDER_REVIEW = "under_review"
    REJECTED = "rejected"
    APPROVED_WAITING = "approved_waiting"
    NOT_FOUND = "not_found"
    ABNORMAL = "abnormal"


#: Statuses of a product that no longer exists. It has no current price, only a last known one.
GONE = frozenset({Status.DELETED, Status.NOT_FOUND})


class Presale(StrEnum):
    NONE = "none"
    FULL_PAYMENT = "full_payment"
    STEPPED = "stepped"


class Gap(IntEnum):
    """A shop score compared with its category's average, in the provider's numbers."""

    NONE = 0
    ABOVE = 1
    LEVEL = 2
    BELOW = 3


@dataclass(frozen=True, slots=True)
class Sales:
    """Units sold lie in [at_least, at_least + step). An exact figure has step 1; '1.3万+' is
    (13000, 1000)."""

    at_least: int
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """A shop's credit scores in hundredths (485 is 4.85), on a scale that ends at 5 or at 100."""

    scale: int
    product: int | None = None
    logistics: int | None = None
    service: int | None = None
    product_gap: Gap | None = None
    logistics_gap: Gap | None = None
    service_gap: Gap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopObservation:
    shop_id: str
    name: str | None = None
    company_name: str | None = None
    logo: str | None = None
    scores: Scores | None = None


@dataclass(frozen=True, slots=True)
class SpecificationGroup:
    """A choice for the buyer, such as a colour or a size, with its values in the page's order."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FreightRule:
    """Delivery cost for some provinces, or for all others when none is named. `first` and `more`
    are fen for the first and each further unit (or kilogram); `free_from` is the order value in fen
    from which delivery is free."""

    provinces: tuple[str, ...] = ()
    first: int = 0
    more: int = 0
    free_from: int | None = None
    delivers: bool = True


@dataclass(frozen=True, slots=True)
class Quota:
    """The provider's own count of today's calls and its daily cap, from `api_info`."""

    used: int | None
    cap: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A product as one reply describes it. Prices in fen, times aware in UTC, identifiers as text.

    `data_time` is when the provider captured the data, not when it was fetched. `flags` names
    values that were rejected or cut, such as `price:not_positive` or `title:cut`."""

    num_iid: str
    data_time: datetime
    title: str | None = None
    price: int | None = None
    list_price: int | None = None
    sku_min_price: int | None = None
    sku_max_price: int | None = None
    sales: Sales | None = None
    stock: int | None = None
    status: Status | None = None
    supply_status: int | None = None
    category: int | None = None
    presale: Presale | None = None
    sale_starts_at: datetime | None = None
    sale_ends_at: datetime | None = None
    images: tuple[str, ...] | None = None
    specification: tuple[SpecificationGroup, ...] | None = None
    freight: tuple[FreightRule, ...] | None = None
    attributes: tuple[tuple[str, str], ...] | None = None
    service_promises: tuple[str, ...] | None = None
    shop: ShopObservation | None = None
    thin: bool = False
    from_cache: bool = False
    request_id: str = ""
    quota: Quota | None = None
    flags: tuple[str, ...] = ()
