"""What differs between two states of a product or of a shop. Pure: values in, values out.

A state is everything told so far. An observation updates the fields that it tells. A change is one
field that both states tell, with different values: the first value of a field is no change."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any
from urllib.parse import urlsplit

from monitor.provider.observation import Observation, ShopObservation

type Json = str | int | bool | list[Json] | dict[str, Json] | None

#: Parts of a product's page, stored as JSON and compared as a whole.
CONTENT_FIELDS = ("images", "specification", "freight", "attributes", "service_promises")
SCORE_FIELDS = ("product_score", "logistics_score", "service_score")
GAP_FIELDS = ("product_gap", "logistics_gap", "service_gap")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field, before and after. Prices in fen, scores in hundredths, sales as the lower
    bound."""

    field: str
    before: Json
    after: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductState:
    """Prices in fen; `None` was never told."""

    title: str | None = None
    price: int | None = None
    list_price: int | None = None
    sku_min_price: int | None = None
    sku_max_price: int | None = None
    sales: int | None = None
    sales_step: int | None = None
    status: str | None = None
    presale: str | None = None
    content: Mapping[str, Json] = field(default_factory=dict)

    @property
    def sku_range(self) -> Json:
        """Lowest and highest SKU price in fen, or `None` unless both are told."""
        if self.sku_min_price is None or self.sku_max_price is None:
            return None
        return [self.sku_min_price, self.sku_max_price]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopState:
    """Scores in hundredths, on a scale that ends at `score_scale`, 5 or 100."""

    name: str | None = None
    company_name: str | None = None
    score_scale: int | None = None
    product_score: int | None = None
    logistics_score: int | None = None
    service_score: int | None = None
    product_gap: int | None = None
    logistics_gap: int | None = None
    service_gap: int | None = None


PRODUCT_STATE_FIELDS = tuple(f.name for f in fields(ProductState))
#: The fields with a single value: all but `content`.
PRODUCT_VALUE_FIELDS = tuple(name for name in PRODUCT_STATE_FIELDS if name != "content")
SHOP_STATE_FIELDS = tuple(f.name for f in fields(ShopState))
#: The fields of a product's changes, in the order of reports.
PRODUCT_FIELDS = (
    "price",
    "list_price",
    "sku_range",
    "sales",
    "status",
    "presale",
    "title",
    *CONTENT_FIELDS,
)
#: The fields of a shop's changes.
SHOP_FIELDS = ("score_scale", *SCORE_FIELDS, *GAP_FIELDS, "name", "company_name")
#: What the readings of a followed shop tell: of a product its place in the assortment, of the shop
#: its revenue.
RANGE_FIELDS = ("range", "best_ten", "revenue")
#: Fields in fen; `my_price` is of alerts about rivals.
MONEY_FIELDS = frozenset({"price", "list_price", "revenue", "my_price"})


def content_told(observation: Observation) -> dict[str, Json]:
    """Return the parts of `CONTENT_FIELDS` that the observation tells, as JSON values."""
    values: dict[str, Json] = {}
    if observation.images is not None:
        values["images"] = list(observation.images)
    if observation.specification is not None:
        values["specification"] = [
            [group.name, list(group.values)] for group in observation.specification
        ]
    if observation.freight is not None:
        values["freight"] = [
            {**asdict(rule), "provinces": list(rule.provinces)} for rule in observation.freight
        ]
    if observation.attributes is not None:
        values["attributes"] = [[name, value] for name, value in observation.attributes]
    if observation.service_promises is not None:
        values["service_promises"] = list(observation.service_promises)
    return values


def product_after(
    before: ProductState, observation: Observation, *, content_is_as_before: bool = False
) -> ProductState:
    """Return `before`, updated with everything that the observation tells.

    With `content_is_as_before` the content is not compared: the caller knows that it is the same.
    """
    names = ("title", "price", "list_price", "sku_min_price", "sku_max_price")
    values: dict[str, Any] = {name: getattr(observation, name) for name in names}
    if observation.sales is not None:
        values |= {"sales": observation.sales.at_least, "sales_step": observation.sales.step}
    if observation.status is not None:
        values["status"] = observation.status.value
    if observation.presale is not None:
        values["presale"] = observation.presale.value
    if not content_is_as_before:
        values["content"] = _content_after(before.content, observation)
    return _updated(before, values)


def _updated[State: (ProductState, ShopState)](state: State, values: Mapping[str, Any]) -> State:
    return replace(state, **{name: value for name, value in values.items() if value is not None})


def _content_after(before: Mapping[str, Json], observation: Observation) -> Mapping[str, Json]:
    """Keep the stored form of parts that differ only in order or image server: unchanged products
    stay equal."""
    parts = {
        name: before[name]
        if name in before and _is_same_content(name, before[name], value)
        else value
        for name, value in content_told(observation).items()
    }
    return {**before, **parts}


def first_image(content: Mapping[str, Json]) -> str:
    """Return the first picture's URL, or ''."""
    images = content.get("images")
    return str(images[0]) if isinstance(images, list) and images else ""


def product_changes(before: ProductState, after: ProductState) -> tuple[FieldChange, ...]:
    """Return the fields that both states tell, with different values, in the order of
    `PRODUCT_FIELDS`."""
    names = [name for name in PRODUCT_FIELDS if name not in CONTENT_FIELDS]
    changes = [_compare(name, getattr(before, name), getattr(after, name)) for name in names]
    if before.content is not after.content:
        parts = [
            (name, before.content.get(name), after.content.get(name)) for name in CONTENT_FIELDS
        ]
        changes += [_compare(*part) for part in parts if not _is_same_content(*part)]
    return tuple(change for change in changes if change is not None)


def shop_after(before: ShopState, observation: ShopObservation) -> ShopState:
    """Return `before`, updated with everything that the observation tells."""
    values: dict[str, Any] = {"name": observation.name, "company_name": observation.company_name}
    if scores := observation.scores:
        if before.score_scale not in (None, scores.scale):
            # A score on another scale means nothing beside new ones.
            before = replace(before, product_score=None, logistics_score=None, service_score=None)
        values["score_scale"] = scores.scale
        values |= {
            f"{name}_score": getattr(scores, name) for name in ("product", "logistics", "service")
        }
        values |= {name: getattr(scores, name) for name in GAP_FIELDS}
    return _updated(before, values)


def shop_changes(before: ShopState, after: ShopState) -> tuple[FieldChange, ...]:
    """Return the fields that both states tell, with different values, in the order of
    `SHOP_FIELDS`.

    Scores on different scales cannot be compared: then only the new scale is reported.
    """
    compared = [_compare(name, getattr(before, name), getattr(after, name)) for name in SHOP_FIELDS]
    changes = [change for change in compared if change]
    is_rescaled = any(change.field == "score_scale" for change in changes)
    return tuple(change for change in changes if not (is_rescaled and change.field in SCORE_FIELDS))


def _compare(name: str, before: Json, after: Json) -> FieldChange | None:
    if before is None or after is None or before == after:
        return None
    return FieldChange(name, before, after)


def _is_same_content(name: str, before: Json, after: Json) -> bool:
    return before == after or _essence(name, before) == _essence(name, after)


def _essence(name: str, value: Json) -> object:
    """Return what counts in a comparison: neither the order of entries nor an image's server."""
    if not isinstance(value, list):
        return value
    if name == "images":
        return [urlsplit(url).path if isinstance(url, str) else url for url in value]
    return sorted(map(_canonical, value))


def _canonical(value: Json) -> str:
    if isinstance(value, dict):
        return repr(sorted((key, _canonical(part)) for key, part in value.items()))
    if isinstance(value, list):
        return repr(sorted(map(_canonical, value)))
    return repr(value)
