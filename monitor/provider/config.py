"""One account with the provider and how to call it."""

import math
import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

#: The APIs for one product: its raw app record, and its normalised record.
ITEM_APIS = ("item_get_app", "item_get")
_WORD = re.compile(r"[a-z0-9_-]+", re.IGNORECASE | re.ASCII)
_NOT_IN_URLS = re.compile(r"[^!-~]")


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """`url` is the gateway's base, without platform. `timeout` is in seconds, for a whole call including DNS.

    `ca_bundle` is a file of certificates to trust in place of the system's. Raises ValueError for invalid settings.
    The message never quotes the value, which might be a secret in the wrong setting.
    """

    url: str
    key: str = field(repr=False)
    secret: str = field(repr=False)
    platform: str = "douyin"
    timeout: float = 15.0
    cache: str = "no"
    lang: str = "cn"
    ca_bundle: str | None = None

    def __post_init__(self) -> None:
        parts = self.split_url()
        if parts.scheme not in {"http", "https"} or not parts.hostname or _NOT_IN_URLS.search(self.url):
            raise ValueError("the provider's URL must be http:// or https:// with a host, in ASCII")
        if parts.username is not None or parts.query or parts.fragment:
            raise ValueError("the provider's URL must have no user, query or fragment")
        if not _WORD.fullmatch(self.platform):
            raise ValueError("platform is a word of the provider's, such as 'douyin'")
        if not (math.isfinite(self.timeout) and self.timeout > 0):
            raise ValueError("timeout is a positive number of seconds")
        if self.cache not in {"yes", "no"}:
            raise ValueError("cache is 'yes' or 'no'")

    def split_url(self) -> SplitResult:
        """Returns the URL's parts. Raises ValueError when it has none."""
        try:
            parts = urlsplit(self.url)
            _ = parts.port
        except ValueError:
            parts = None
        if parts is None:
            raise ValueError("the provider's URL cannot be read")
        return parts
