"""The part of an Observation that a record tells, whichever kind of record it is; and lists that both kinds have."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypedDict

from monitor.provider.limits import MAX_ATTRIBUTES, MAX_IMAGES, MAX_NAME
from monitor.provider.observation import FreightRule, Presale, Sales, ShopObservation, SpecificationGroup, Status
from monitor.provider.text import Flags, image_url, line


class Told(TypedDict, total=False):
    """Fields of Observation. One that is missing or `None` is not told."""

    title: str | None
    price: int | None
    list_price: int | None
    sku_min_price: int | None
    sku_max_price: int | None
    sales: Sales | None
    stock: int | None
    status: Status | None
    supply_status: int | None
    presale: Presale | None
    sale_starts_at: datetime | None
    sale_ends_at: datetime | None
    images: tuple[str, ...] | None
    specification: tuple[SpecificationGroup, ...] | None
    freight: tuple[FreightRule, ...] | None
    attributes: tuple[tuple[str, str], ...] | None
    service_promises: tuple[str, ...] | None
    shop: ShopObservation | None
    thin: bool


def capped[T](values: list[T], field: str, limit: int, flags: Flags) -> list[T]:
    """At most `limit` of the values."""
    if len(values) <= limit:
        return values
    flags.append(f"{field}:too_many")
    return values[:limit]


def images(urls: list[object], flags: Flags) -> tuple[str, ...] | None:
    """The addresses that a page may show, each once, in the record's order."""
    vetted = [image_url(url, "images", flags) for url in capped(urls, "images", MAX_IMAGES, flags)]
    return tuple(dict.fromkeys(url for url in vetted if url)) or None


def attributes(pairs: Iterable[tuple[object, object]], flags: Flags) -> tuple[tuple[str, str], ...] | None:
    """Names and values as text, sorted by name."""
    told: dict[str, str] = {}
    for name, value in capped(list(pairs), "attributes", MAX_ATTRIBUTES, flags):
        words = str(value) if type(value) is int and abs(value) < 10**19 else value
        key, text = line(name, "attributes", MAX_NAME, flags), line(words, "attributes", MAX_NAME, flags)
        if key and text:
            told[key] = text
    return tuple(sorted(told.items())) or None
