"""The only exceptions that leave the provider package. Their messages never contain a key, a secret
or a reply."""

from monitor.provider.codes import Action, Billing, Outcome
from monitor.provider.observation import Quota


class ProviderError(Exception):
    """A call that gave no data about the product. Its message is safe for a log, a page and an
    e-mail.

    `code` is the provider's status code as text, or `http-502` and the like for transport failures,
    or ''."""

    outcome = Outcome.PROVIDER_ERROR

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        billing: Billing = Billing.POSSIBLY,
        action: Action = Action.RETRY,
        request_id: str = "",
        quota: Quota | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.billing = billing
        self.action = action
        self.request_id = request_id
        self.quota = quota


class ApiError(ProviderError):
    """The provider answered with a status code other than success; `action` says what to do about
    it."""


class NotFound(ApiError):
    """The provider found no such product. The call is billed, and asking again soon is of no
    use."""

    outcome = Outcome.NOT_FOUND


class NetworkError(ProviderError):
    """No answer: refused, reset, no name, no TLS, or an HTTP status other than 200."""

    outcome = Outcome.NETWORK


class CallTimeout(ProviderError):
    """The whole call took longer than its deadline; it may have been billed."""

    outcome = Outcome.TIMEOUT


class BadReply(ProviderError):
    """A reply that does not follow the protocol, or is too large."""

    outcome = Outcome.BAD_REPLY


class WrongProduct(ProviderError):
    """A record of another product than the one asked for. Polluted caches give these."""

    outcome = Outcome.WRONG_PRODUCT
