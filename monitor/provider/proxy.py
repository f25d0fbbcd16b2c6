"""The proxy that the environment names, for those who ask for it."""

from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy; `header` is the line that logs in to it, or ''."""

    host: str
    port: int
    header: str = field(default="", repr=False)


def environment_proxy(scheme: str, host: str) -> Proxy | None:
    """The proxy for `host` by HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY. Raises ValueError for other kinds."""
    named = getproxies()
    url = named.get(scheme) or named.get("all")
    if not url or proxy_bypass(host):
        return None
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError("the environment names a proxy that is not an http:// one; only these are supported")
    header = ""
    if parts.username is not None:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        header = f"Proxy-Authorization: Basic {b64encode(login.encode()).decode()}\r\n"
    return Proxy(parts.hostname, parts.port or 80, header)
