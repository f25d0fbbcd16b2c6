"""The products behind the short links of Douyin's share texts, by the addresses to which these
redirect.

Reads no page: of each answer only the `Location` header, on at most `MOST_HOPS` hops between the
hosts that `links` lists. Sends no cookies and no referrer. Each connection goes to an
address that was checked before, so that a machine of this network is never called, whatever a name
server says."""

import math
import re
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from urllib.parse import urljoin, urlsplit

from requests import PreparedRequest
from requests.structures import CaseInsensitiveDict

from monitor.provider.http import HEADERS, Adapter, CallError, Resolve, addresses_of, is_public
from monitor.provider.links import SHORT_HOSTS, find_in_link, is_listed

MOST_HOPS = 3
SECONDS_A_LINK = 5.0
#: For all links of one import together.
SECONDS_IN_ALL = 8.0
THREADS = 6

_PRINTABLE = re.compile(r"[!-~]+")
_REDIRECTS, _LEAD_NOWHERE = (301, 302, 303, 307, 308), (200, 404, 410)


@dataclass(frozen=True, slots=True)
class Follower:
    """Follows short links. Tests replace the resolver, the port and the certificates."""

    port: int = 443
    resolve: Resolve = addresses_of
    is_allowed: Callable[[str], bool] = is_public
    verify: bool | str = True

    def product_of(self, code: str, deadline: float = math.inf) -> str | None:
        """Return the product ID behind the short link with this code; '' if it leads to no product.

        None if it could not be followed this time. The deadline is a time of `time.monotonic`.
        """
        deadline = min(deadline, time.monotonic() + SECONDS_A_LINK)
        link = f"https://{SHORT_HOSTS[0]}/{code}/"
        for _hop in range(MOST_HOPS):
            location = self._location(link, deadline)
            if not location:
                return location
            try:
                link = urljoin(link, location)
                num_iid, _problem = find_in_link(link)
                leads_on = not num_iid and _may_follow(link)
            except ValueError:
                return ""
            if not leads_on:
                return num_iid or ""
        return ""

    def products_of(self, codes: Iterable[str]) -> Mapping[str, str]:
        """Return the product IDs of several codes, followed in threads within one deadline: see
        `product_of`.

        Codes that were not followed are left out.
        """
        codes, deadline = list(codes), time.monotonic() + SECONDS_IN_ALL
        with ThreadPoolExecutor(THREADS, thread_name_prefix="short-link") as pool:
            followed = zip(codes, pool.map(self.product_of, codes, repeat(deadline)), strict=True)
            return {code: num_iid for code, num_iid in followed if num_iid is not None}

    def _location(self, link: str, deadline: float) -> str | None:
        """Return the address to which a link redirects; '' if it does not, None if that is not
        known this time."""
        parts = urlsplit(link)
        request = PreparedRequest()
        request.method, request.headers = "GET", CaseInsensitiveDict(HEADERS)
        request.url = parts._replace(netloc=f"{parts.hostname}:{self.port}").geturl()
        adapter = Adapter(
            most_bytes=0,
            statuses=(),
            resolve=self.resolve,
            is_allowed=self.is_allowed,
            ports={self.port},
        )
        try:
            response = adapter.send(
                request, timeout=deadline - time.monotonic(), verify=self.verify
            )
        except CallError:
            return None
        if response.status_code not in (*_REDIRECTS, *_LEAD_NOWHERE):
            return None
        location = response.headers.get("Location", "")
        return (
            location
            if response.status_code in _REDIRECTS and _PRINTABLE.fullmatch(location)
            else ""
        )


def _may_follow(link: str) -> bool:
    parts = urlsplit(link)
    return parts.scheme == "https" and parts.port in (None, 443) and is_listed(parts.hostname or "")
