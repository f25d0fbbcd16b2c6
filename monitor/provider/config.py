"""One account with the provider and how to call it. The settings and the system checks say which
values are valid."""

from dataclasses import dataclass, field

#: The APIs for one product: its raw app record, and its normalised record.
ITEM_APIS = ("item_get_app", "item_get")


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """`url` is the gateway's base, without platform. `timeout` is in seconds, for a whole call
    including DNS."""

    url: str
    key: str = field(repr=False)
    secret: str = field(repr=False)
    platform: str = "douyin"
    timeout: float = 15.0
    cache: str = "no"
    lang: str = "cn"
