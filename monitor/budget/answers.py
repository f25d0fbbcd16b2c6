"""The result of one check, for the ledger and for recording."""

from dataclasses import dataclass
from datetime import datetime

from monitor.doubts import Doubt, Ending
from monitor.models import Product
from monitor.provider.codes import Outcome
from monitor.provider.errors import ProviderError
from monitor.provider.observation import Observation

#: An observation, a failure, or the reason why no call was made.
type Answer = Observation | ProviderError | Outcome


@dataclass(frozen=True, slots=True)
class Result:
    """A claimed product and the answer to its check.

    An answer that is `held` in doubt is not recorded. An answer that `ended` a doubt is. `began_at`: of its call.
    """

    product: Product
    answer: Answer
    received_at: datetime
    held: Doubt | None = None
    ended: tuple[Doubt, Ending] | None = None
    began_at: datetime | None = None
