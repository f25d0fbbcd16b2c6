"""urllib3's connections and pools, held to the limits of the call that uses them."""

import socket
from concurrent.futures import Future
from http.client import HTTPResponse
from threading import Thread
from typing import Any, cast

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.proxy import connection_requires_http_tunnel

from monitor.provider.call import Call, Wire

type _Address = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]


class _Connection(HTTPConnection):
    """A connection that opens, and reads what comes, within its `call`."""

    call: Call
    #: At 1, as whoever debugs HTTP sets it for all connections, requests would be printed with key and secret.
    debuglevel = 0

    def exchange(self, request: bytes) -> HTTPResponse:
        """Send a request and read the head of its response.

        With the request and response objects of urllib3 a call would cost more than twice the time of the processor.
        """
        self.sock.settimeout(self.call.remaining())
        self.call.sent = True
        self.sock.sendall(request)
        # HTTPResponse takes a socket, of which it only ever calls makefile.
        response = HTTPResponse(cast(socket.socket, Wire(self.sock, self.call)), method="GET")
        try:
            response.begin()
        except BaseException:
            response.close()
            raise
        return response

    def response_class(self, sock: socket.socket, **options: Any) -> HTTPResponse:  # type: ignore[override]
        """What a proxy answers that is to make a tunnel."""
        return HTTPResponse(cast(socket.socket, Wire(sock, self.call)), **options)

    def _new_conn(self) -> socket.socket:
        sock = _connect(self._dns_host, self.port, self.call)
        for option in self.socket_options or ():
            sock.setsockopt(*option)
        return sock

    def _tunnel(self) -> None:
        super()._tunnel()
        self.sock.settimeout(self.call.remaining())


class _TLSConnection(_Connection, HTTPSConnection):
    pass


class Pool(HTTPConnectionPool):
    """Connections to one host, for one call at a time."""

    ConnectionCls = _Connection

    @property
    def needs_tunnel(self) -> bool:
        return connection_requires_http_tunnel(self.proxy, self.proxy_config, self.scheme)

    def open(self, call: Call) -> _Connection:
        """The connection that was kept, if it is still one, or else a new one."""
        connection = cast(_Connection, self._get_conn())
        connection.call = call
        if connection.is_closed:
            try:
                if self.needs_tunnel:
                    self._prepare_proxy(connection)
                else:
                    connection.connect()
            except BaseException:
                self.give_back(connection, reusable=False)
                raise
        return connection

    def give_back(self, connection: _Connection, *, reusable: bool) -> None:
        if not reusable:
            connection.close()
        self._put_conn(connection)


class _TLSPool(Pool, HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


#: As urllib3's pool managers have them.
POOLS = {"http": Pool, "https": _TLSPool}


def _connect(host: str, port: int, call: Call) -> socket.socket:
    """The first address of the host that answers. Each has its share of the time, lest a silent one take it all."""
    failure = OSError("no address")
    addresses = _addresses(host, port, call)
    for position, (family, kind, protocol, _name, address) in enumerate(addresses):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(call.remaining() / (len(addresses) - position))
            sock.connect(address)
            sock.settimeout(call.remaining())
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    raise failure


def _addresses(host: str, port: int, call: Call) -> list[_Address]:
    """The host's addresses. The resolver has no time limit to set, so it is waited for from outside."""
    answer: Future[list[_Address]] = Future()

    def resolve() -> None:
        try:
            answer.set_result(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, UnicodeError) as error:
            answer.set_exception(error)

    Thread(target=resolve, name="resolver", daemon=True).start()
    return answer.result(call.remaining())
