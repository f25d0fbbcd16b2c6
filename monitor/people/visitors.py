"""The visitor who sends a request: address and browser."""

import ipaddress
from dataclasses import dataclass
from typing import Self

from django.conf import settings
from django.http import HttpRequest

from monitor.models.sessions import LONGEST_USER_AGENT

#: A household or server has a /64 of IPv6, and may use a new address of it for each request.
_IPV6_NETWORK = 64


@dataclass(frozen=True, slots=True)
class Visitor:
    """`address` is None if the connection has none: a Unix socket without a proxy's header."""

    address: str | None = None
    user_agent: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        agent = request.META.get("HTTP_USER_AGENT", "").replace("\0", "")[:LONGEST_USER_AGENT]
        return cls(_address_of(request), agent)

    @property
    def network(self) -> str:
        """What a visitor cannot easily change: the IPv4 address, or the network of the IPv6
        address."""
        if not self.address or ":" not in self.address:
            return self.address or ""
        return str(ipaddress.ip_network((self.address, _IPV6_NETWORK), strict=False))


def _address_of(request: HttpRequest) -> str | None:
    """Return the peer's address or, behind our proxy, the last address in the proxy's header.

    Earlier addresses in the header came with the request, and may be forged.
    """
    text = request.META.get("REMOTE_ADDR", "")
    if settings.TRUST_PROXY:
        text = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip() or text
    try:
        # A link-local address may end with the name of an interface.
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(address)
