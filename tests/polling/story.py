"""A short way to say what happens to watched products, for tests of recording and of what follows
from it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.judging.rules.conditions import Condition
from monitor.judging.rules.kinds import Kind
from monitor.models import Pace, Product, Rule, User, Watchlist
from monitor.polling.answers import Answer
from monitor.polling.checking import claims
from monitor.polling.recording import Recorded, Result, record
from monitor.provider.errors import ProviderError
from monitor.provider.observation import Gap, Observation, Sales, Scores, ShopObservation, Status
from monitor.watching.services import add_products, create_watchlist

START = datetime(2026, 11, 11, 0, 0, tzinfo=UTC)
FIRST_ID = 3514453298386183303
HOURLY = timedelta(hours=1)

SHOP = ShopObservation(
    shop_id="sXahcZg",
    name="古蒂歌精品女装店",
    scores=Scores(scale=5, product=485, logistics=500, service=496, product_gap=Gap.ABOVE),
)
#: A healthy reply, of which a story may change any field.
TELLS = Observation(
    num_iid=str(FIRST_ID),
    data_time=START,
    title="磨毛衬衫",
    price=7200,
    list_price=9900,
    sku_min_price=7200,
    sku_max_price=7200,
    sales=Sales(13000, 1000),
    status=Status.ON_SALE,
    images=("https://p3-aio.ecombdimg.com/obj/temai/a",),
    shop=SHOP,
    request_id="gw-1",
)


#: Rules that alert on any change of price or status, for tests of what follows from an alert.
ANY_CHANGE = (
    Condition(Kind.PRICE_CHANGED),
    Condition(Kind.STATUS_CHANGED),
    Condition(Kind.SHOP_SCORE_FELL, 1),
)


class Story:
    """One merchant's watchlist, which alerts on any change at once, and a clock that only this
    story moves."""

    def __init__(self, products: int = 1, email: str = "merchant@example.com") -> None:
        self.now = START
        self.user = User.objects.create_user(email, "a-password")
        self.watchlist: Watchlist = create_watchlist(self.user, "对手", HOURLY, pace=Pace.FIXED)
        self.watchlist.rules.all().delete()
        for rule in ANY_CHANGE:
            self.rule(rule.kind, rule.threshold)
        self.num_iids = [str(FIRST_ID + number) for number in range(products)]
        add_products(self.watchlist, self.num_iids, self.now)
        Product.objects.update(
            next_check_at=self.now
        )  # Of many, too, whose first looks are spread.

    @property
    def product(self) -> Product:
        return Product.objects.get(num_iid=self.num_iids[0])

    def rule(self, kind: Kind, threshold: int | None = None, **fields: Any) -> Rule:
        return Rule.objects.create(
            watchlist=self.watchlist, kind=kind.value, threshold=threshold, **fields
        )

    def hears(
        self, answer: ProviderError | None = None, *, after: timedelta | None = None, **fields: Any
    ) -> Recorded:
        """Record the first product's next check, by default an hour later."""
        self.now += timedelta(hours=1) if after is None else after
        fields.setdefault("data_time", self.now)
        return self.records([answer or replace(TELLS, **fields)])[0]

    def records(self, answers: Iterable[Answer]) -> list[Recorded]:
        """Record one batch: answers for the first products, in their order, at the story's present
        time."""
        answers = list(answers)
        keys = dict(Product.objects.filter(num_iid__in=self.num_iids).values_list("num_iid", "pk"))
        wanted = [keys[num_iid] for num_iid in self.num_iids[: len(answers)]]
        taken = claims.seize(wanted, self.now)
        products = sorted(taken, key=lambda product: self.num_iids.index(product.num_iid))
        results = [Result(*pair, self.now) for pair in zip(products, answers, strict=True)]
        return record(results, now=self.now)
