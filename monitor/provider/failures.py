"""What went wrong with a call, in safe words: the errors of `requests` and `urllib3` carry the URL with its secrets."""

import ssl
import zlib
from errno import errorcode
from http.client import HTTPException, IncompleteRead
from socket import gaierror

from requests import RequestException
from urllib3.exceptions import DecodeError, HTTPError

from monitor.provider.call import TooLarge
from monitor.provider.codes import Billing
from monitor.provider.errors import BadReply, CallTimeout, NetworkError, ProviderError
from monitor.provider.text import clean

#: What a call may end in.
FAILURES = (OSError, HTTPException, HTTPError, TooLarge, ValueError)


def refusal(status: int) -> ProviderError:
    """The error for an HTTP status other than 200. A redirect is not followed: it would carry key and secret along."""
    if 300 <= status < 400:
        return BadReply(f"the provider answered with a redirect, HTTP {status}", code=f"http-{status}")
    return NetworkError(f"the provider answered with HTTP {status}", code=f"http-{status}")


def failure(error: BaseException, *, sent: bool) -> ProviderError:
    """The error for a call that ended in one of FAILURES. One that was not sent cannot have been billed."""
    # Whatever the libraries raise, they raise while they handle what happened.
    while isinstance(error, RequestException | HTTPError) and error.__context__ is not None:
        error = error.__context__
    return _no_answer(error) if sent else _not_sent(error)


def _not_sent(error: BaseException) -> ProviderError:
    match error:
        case TimeoutError():
            return CallTimeout("no connection to the provider within the time limit", billing=Billing.NOT_BILLED)
        case gaierror() | UnicodeError():
            why = "its host name cannot be resolved"
        case ssl.SSLCertVerificationError():
            why = f"its TLS certificate is not to be trusted ({clean(error.verify_message)[:100]})"
        case ssl.SSLError():
            why = "TLS failed"
        case ConnectionRefusedError():
            why = "it refuses connections"
        case HTTPException() | TooLarge() | OSError(errno=None):
            why = "the proxy refused to connect"
        case _:
            why = _name(error)
    return NetworkError(f"the provider cannot be reached: {why}", billing=Billing.NOT_BILLED)


def _no_answer(error: BaseException) -> ProviderError:
    match error:
        case TimeoutError():
            return CallTimeout("the provider did not finish its answer within the time limit")
        case OSError():
            return NetworkError(f"the connection to the provider broke: {_name(error)}")
        case TooLarge():
            return BadReply("the reply is larger than any real one")
        case IncompleteRead() | DecodeError() | zlib.error():
            return BadReply("the reply is truncated or damaged")
        case _:
            return BadReply("the reply is not HTTP")


def _name(error: BaseException) -> str:
    """A system error's short name, such as ECONNRESET; its text might hold anything."""
    number = error.errno if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) else None
    return errorcode.get(number or 0, type(error).__name__)
