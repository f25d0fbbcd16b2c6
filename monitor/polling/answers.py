"""The results of calls, for the ledger and for recording."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from monitor.judging.doubts import Doubt, Resolution
from monitor.models import Product
from monitor.provider.codes import Outcome
from monitor.provider.errors import ProviderError
from monitor.provider.listing import ListingPage
from monitor.provider.observation import Observation

#: An observation, a failure, or the reason why no call was made.
type Answer = Observation | ProviderError | Outcome
#: The same of a page of products.
type PageAnswer = ListingPage | ProviderError | Outcome


class Answered(Protocol):
    """What the ledger reads of a result."""

    @property
    def answer(self) -> Answer | PageAnswer: ...
    @property
    def began_at(self) -> datetime | None: ...
    @property
    def received_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Result:
    """A claimed product and the answer to its check.

    An answer that is in doubt (`held`) is not recorded before a second one agrees. `resolved` is
    the doubt that this answer has resolved.
    `began_at`: of its call. `is_listed`: a page of its shop told it, so it is no check of its own.
    """

    product: Product
    answer: Answer
    received_at: datetime
    held: Doubt | None = None
    resolved: tuple[Doubt, Resolution] | None = None
    began_at: datetime | None = None
    is_listed: bool = False


@dataclass(frozen=True, slots=True)
class PageResult:
    """The answer to a call for a page of products."""

    answer: PageAnswer
    received_at: datetime
    began_at: datetime | None = None
