"""Sends requests over kept connections, and says in safe words what went wrong.

Nothing is ever sent twice: every call is counted before it is made, so a call repeated here would be one that nobody
counted. A connection that the provider closed while it was idle is noticed before it is used; where that comes too
late, the call has failed.
"""

import ssl
import weakref
from collections import deque
from errno import errorcode
from http.client import HTTPException, IncompleteRead
from socket import gaierror

from monitor.provider.codes import Billing
from monitor.provider.connection import Connection, Deadline, Origin, TooLarge
from monitor.provider.content import Undecodable, read_content
from monitor.provider.errors import BadReply, CallTimeout, NetworkError, ProviderError
from monitor.provider.request import Request
from monitor.provider.text import clean


class Transport:
    """Connections to one origin. A thread takes one for a call, so there are as many as calls at a time.

    They are kept here and not by the threads, whose pools come and go.
    """

    def __init__(self, origin: Origin, timeout: float) -> None:
        self._origin = origin
        self._timeout = timeout
        self._idle: deque[Connection] = deque()
        self._finalize = weakref.finalize(self, _close_all, self._idle)

    def close(self) -> None:
        """Close every connection that is not in use, and the others after it."""
        self._finalize()

    def fetch(self, request: Request) -> bytes | ProviderError:
        """The content of the response to `request`, or the error to raise.

        It is returned, not raised, so that no traceback leads through frames that hold the request, and no other
        exception hangs on it.
        """
        deadline = Deadline(self._timeout)
        connection, reusable = None, False
        try:
            connection = self._take() or Connection(self._origin, deadline)
            answer, reusable = _exchange(connection, request, deadline)
        except (OSError, HTTPException, TooLarge, ValueError) as error:
            answer = _not_sent(error) if connection is None else _no_answer(error)
        finally:
            if connection is not None:
                self._give_back(connection, reusable=reusable)
        return answer

    def _take(self) -> Connection | None:
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            if connection.is_usable():
                return connection
            connection.close()
        return None

    def _give_back(self, connection: Connection, *, reusable: bool) -> None:
        if reusable and self._finalize.alive:
            connection.rest()
            self._idle.append(connection)
        else:
            connection.close()


def _close_all(idle: deque[Connection]) -> None:
    while idle:
        idle.pop().close()


def _exchange(connection: Connection, request: Request, deadline: Deadline) -> tuple[bytes | ProviderError, bool]:
    """The answer, and whether the connection can be used again."""
    response = connection.send(request, deadline)
    try:
        if response.status != 200:
            return _refusal(response.status), False
        content = read_content(response)
        return content, response.isclosed() and not response.will_close
    finally:
        response.close()


def _refusal(status: int) -> ProviderError:
    """The error for an HTTP status other than 200. A redirect is not followed: it would carry key and secret along."""
    if 300 <= status < 400:
        return BadReply(f"the provider answered with a redirect, HTTP {status}", code=f"http-{status}")
    return NetworkError(f"the provider answered with HTTP {status}", code=f"http-{status}")


def _not_sent(error: Exception) -> ProviderError:
    """The error for a connection that did not come about, hence a call that cannot have been billed."""
    match error:
        case TimeoutError():
            return CallTimeout("no connection to the provider within the time limit", billing=Billing.NOT_BILLED)
        case gaierror():
            why = "its host name cannot be resolved"
        case ssl.SSLCertVerificationError():
            why = f"its TLS certificate is not to be trusted ({clean(error.verify_message)[:100]})"
        case ssl.SSLError():
            why = "TLS failed"
        case ConnectionRefusedError():
            why = "it refuses connections"
        case HTTPException() | TooLarge():
            why = "the proxy refused to connect"
        case _:
            why = _name(error)
    return NetworkError(f"the provider cannot be reached: {why}", billing=Billing.NOT_BILLED)


def _no_answer(error: Exception) -> ProviderError:
    """The error for a call that was sent, whole or in part, and not answered as it should be."""
    match error:
        case TimeoutError():
            return CallTimeout("the provider did not finish its answer within the time limit")
        case OSError():
            return NetworkError(f"the connection to the provider broke: {_name(error)}")
        case TooLarge():
            return BadReply("the reply is larger than any real one")
        case IncompleteRead() | Undecodable():
            return BadReply("the reply is truncated or damaged")
        case _:
            return BadReply("the reply is not HTTP")


def _name(error: Exception) -> str:
    """A system error's short name, such as ECONNRESET; its text might hold anything."""
    number = error.errno if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) else None
    return errorcode.get(number or 0, type(error).__name__)
