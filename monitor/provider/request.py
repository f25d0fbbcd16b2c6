"""Requests as bytes. They carry key and secret, so neither they nor their builder show what they hold."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode


class Request:
    """One request; its repr, unlike its bytes, is fit for a traceback."""

    __slots__ = ("_wire",)

    def __init__(self, wire: bytes) -> None:
        self._wire = wire

    def wire(self) -> bytes:
        return self._wire


class RequestBuilder:
    """Builds the requests of one account."""

    def __init__(self, base: str, host: str, credentials: Mapping[str, str], headers: str = "") -> None:
        """`base` is what stands before the API's name: a path, or through a plain proxy a URL."""
        self._base = quote(base, safe="/:[]%")
        self._credentials = urlencode(credentials)
        self._headers = (
            f"Host: {host}\r\nUser-Agent: Stallwatch\r\nAccept: application/json\r\n"
            f"Accept-Encoding: gzip\r\nConnection: keep-alive\r\n{headers}\r\n"
        )

    def build(self, api: str, parameters: Mapping[str, str]) -> Request:
        # What people search for may hold half a character, which no URL can.
        asked = urlencode(parameters, errors="replace")
        line = f"GET {self._base}/{api}/?{self._credentials}&{asked} HTTP/1.1\r\n"
        return Request((line + self._headers).encode("ascii"))
