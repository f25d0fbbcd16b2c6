"""Requests to the provider. Their URLs hold key and secret, so neither they nor their maker show what they hold."""

from collections.abc import Mapping
from urllib.parse import quote, quote_plus, urlencode

from requests import PreparedRequest
from requests.structures import CaseInsensitiveDict

from monitor.provider.config import ClientConfig

_HEADERS = {
    "User-Agent": "Stallwatch",
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "Connection": "keep-alive",
}


class RequestBuilder:
    """Builds the requests of one account."""

    def __init__(self, config: ClientConfig) -> None:
        parts = config.split_url()
        path = f"{parts.path.rstrip('/')}/{config.platform}"
        self._base = f"{parts.scheme}://{parts.netloc}{quote(path, safe='/:%')}"
        self._credentials = urlencode({"key": config.key, "secret": config.secret})
        self._headers = CaseInsensitiveDict({"Host": parts.netloc, **_HEADERS})

    def build(self, api: str, parameters: Mapping[str, str]) -> PreparedRequest:
        """A request as `requests` prepares them, without cookies, hooks and the environment's login."""
        asked = "&".join(f"{name}={_quoted(value)}" for name, value in parameters.items())
        request = PreparedRequest()
        request.method = "GET"
        request.url = f"{self._base}/{api}/?{self._credentials}&{asked}"
        request.headers = self._headers
        return request


def _quoted(value: str) -> str:
    """Nearly all values are plain. What people search for may hold half a character, which no URL can."""
    return value if value.isascii() and value.isalnum() else quote_plus(value, errors="replace")
