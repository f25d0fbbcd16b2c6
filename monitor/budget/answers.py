"""What came of asking for one product, as the ledger books it and as it is recorded."""

from dataclasses import dataclass
from datetime import datetime

from monitor.doubts import Doubt, Ending
from monitor.models import Product
from monitor.provider.codes import Outcome
from monitor.provider.errors import ProviderError
from monitor.provider.observation import Observation, Quota

#: What came of asking for one product: an observation, a failure, or the reason why no call was made.
type Answer = Observation | ProviderError | Outcome


@dataclass(frozen=True, slots=True)
class Result:
    """One product as it was when it was claimed, and what came of asking for it at `received_at`.

    An answer that is `held` in doubt is not recorded; one that has `ended` a doubt says how, and is.
    """

    product: Product
    answer: Answer
    received_at: datetime
    held: Doubt | None = None
    ended: tuple[Doubt, Ending] | None = None

    @property
    def quota(self) -> Quota | None:
        return None if isinstance(self.answer, Outcome) else self.answer.quota
