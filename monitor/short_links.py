"""The products behind the short links of Douyin's share texts, by the addresses to which these redirect.

Reads no page: of each answer only the `Location` header, on at most `MOST_HOPS` hops between the hosts that
`uploads.links` lists. Sends no cookies and no referrer. Each connection goes to an address that was checked before, so
that a machine of this network is never called, whatever a name server says.
"""

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from monitor.outgoing import addresses_of, is_public, public_certificates
from monitor.uploads.links import SHORT_HOSTS, find_in_link, is_listed

MOST_HOPS = 3
SECONDS_A_LINK = 5.0
#: For all links of one import together.
SECONDS_IN_ALL = 8.0
THREADS = 6
#: A real head has less than 4 KB.
LONGEST_HEAD_BYTES = 16 * 1024

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})\b")
_LOCATION = re.compile(rb"\nlocation:[ \t]*([!-~]+)[ \t]*\r?\n", re.IGNORECASE)
_REDIRECTS, _LEAD_NOWHERE = (301, 302, 303, 307, 308), (200, 404, 410)


class NotFollowed(Exception):
    """The link led nowhere this time: a later attempt may succeed."""


@dataclass(frozen=True, slots=True)
class Follower:
    """Follows short links. Tests replace the resolver, the port and the certificates."""

    port: int = 443
    resolve: Callable[[str, int], list[str]] = addresses_of
    is_allowed: Callable[[str], bool] = is_public
    tls: ssl.SSLContext = field(default_factory=public_certificates)

    def product_of(self, code: str, deadline: float | None = None) -> str:
        """The product ID behind the short link with this code; '' if it leads to no product. The deadline is a time of
        `time.monotonic`. Raises NotFollowed."""
        own_deadline = time.monotonic() + SECONDS_A_LINK
        deadline = own_deadline if deadline is None else min(own_deadline, deadline)
        link = f"https://{SHORT_HOSTS[0]}/{code}/"
        for _hop in range(MOST_HOPS):
            location = self._location(link, deadline)
            if not location:
                return ""
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
        """As `product_of`, for several codes in threads and one deadline; without those that were not followed."""
        deadline = time.monotonic() + SECONDS_IN_ALL
        pool = ThreadPoolExecutor(THREADS, thread_name_prefix="short-link")
        futures = {code: pool.submit(self.product_of, code, deadline) for code in codes}
        done, _late = wait(futures.values(), SECONDS_IN_ALL)
        # A thread that waits for a name server cannot be ended: it ends alone.
        pool.shutdown(wait=False, cancel_futures=True)
        return {code: future.result() for code, future in futures.items() if future in done and not _failed(future)}

    def _location(self, link: str, deadline: float) -> str:
        """The address to which a link redirects; '' if it does not."""
        parts = urlsplit(link)
        host, path = parts.hostname or "", f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: Stallwatch\r\nConnection: close\r\n\r\n"
        try:
            head = self._head(host, request.encode("ascii"), deadline)
        except (OSError, UnicodeError, ValueError) as error:
            raise NotFollowed(str(error)) from None
        status = _STATUS.match(head)
        code = int(status[1]) if status else 0
        if code not in (*_REDIRECTS, *_LEAD_NOWHERE):
            raise NotFollowed(f"{host} answered with HTTP {code}")
        location = _LOCATION.search(head) if code in _REDIRECTS else None
        return location[1].decode("ascii") if location else ""

    def _head(self, host: str, request: bytes, deadline: float) -> bytes:
        addresses = self.resolve(host, self.port)
        if not addresses or not all(map(self.is_allowed, addresses)):
            raise ValueError(f"{host} is no host of the public internet")
        with (
            socket.create_connection((addresses[0], self.port), _seconds_until(deadline)) as plain,
            self.tls.wrap_socket(plain, server_hostname=host) as connection,
        ):
            connection.settimeout(_seconds_until(deadline))
            connection.sendall(request)
            head = b""
            while b"\r\n\r\n" not in head and len(head) < LONGEST_HEAD_BYTES:
                connection.settimeout(_seconds_until(deadline))
                received = connection.recv(4096)
                if not received:
                    break
                head += received
            return head.partition(b"\r\n\r\n")[0] + b"\r\n"


def _may_follow(link: str) -> bool:
    parts = urlsplit(link)
    return parts.scheme == "https" and parts.port in (None, 443) and is_listed(parts.hostname or "")


def _failed(future: Future[str]) -> bool:
    return isinstance(future.exception(), NotFollowed)


def _seconds_until(deadline: float) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds
