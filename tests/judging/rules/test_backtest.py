"""A rule that is replayed over history fires exactly where it would have fired live."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.judging.changes import FieldChange, ProductState, ShopState, product_changes
from monitor.judging.rules.backtest import Fired, replay
from monitor.judging.rules.conditions import MOST_ALSO, Condition, judge
from monitor.judging.rules.judging import Firing, KnownValue, Memory, Offer, RuleCase, gather
from monitor.judging.rules.kinds import PRODUCT_KINDS, Kind, Unit
from monitor.judging.rules.offers import PastChange
from monitor.models import RuleMemory
from monitor.provider.observation import GONE, Status

START = datetime(2026, 11, 11, tzinfo=UTC)


def hour(number: int) -> datetime:
    return START + timedelta(hours=number)


def test_a_score_on_another_scale_starts_again() -> None:
    past = [
        PastChange(hour(1), FieldChange("product_score", 470, 485)),
        PastChange(hour(2), FieldChange("score_scale", 5, 100)),
    ]
    present = ShopState(score_scale=100, product_score=9000)
    assert replay(Condition(Kind.SHOP_SCORE_BELOW, 480), RuleCase(present), past) == []
    [fired] = replay(
        Condition(Kind.SHOP_SCORE_BELOW, 490),
        RuleCase(replace(present, product_score=400)),
        past[1:],
    )
    assert fired == Fired(hour(2), Firing("product_score", None, 400, 490))


MINE, RIVALS = 6, (8, 9)


def threshold(kind: Kind) -> st.SearchStrategy[int | None]:
    ranges = {
        Unit.PERCENT: (1, 9999),
        Unit.FEN: (2, 300),
        Unit.COUNT: (1, 400),
    }
    return st.none() if kind.spec.unit is Unit.NONE else st.integers(*ranges[kind.spec.unit])


def alone(kind: Kind) -> st.SearchStrategy[Condition]:
    days: st.SearchStrategy[int | None] = st.integers(1, 3) if kind.spec.window else st.none()
    days = st.one_of(st.none(), days) if kind.spec.is_extreme else days
    return st.builds(Condition, st.just(kind), threshold(kind), days)


def conditions(kinds: frozenset[Kind]) -> st.SearchStrategy[Condition]:
    first = st.sampled_from(sorted(kinds)).flatmap(alone)
    also = st.lists(
        st.sampled_from([kind for kind in Kind if kind.spec.follows]).flatmap(alone),
        max_size=MOST_ALSO,
    ).map(tuple)
    return first | st.builds(lambda condition, others: replace(condition, also=others), first, also)


products = st.builds(
    ProductState,
    title=st.sampled_from(["a", "b"]),
    price=st.integers(1, 300),
    sales=st.integers(0, 400),
    list_price=st.integers(1, 3),
    sku_min_price=st.integers(1, 2),
    sku_max_price=st.integers(2, 3),
    status=st.sampled_from([status.value for status in Status]),
    content=st.fixed_dictionaries(
        {
            name: st.sampled_from([["a"], ["b"]])
            for name in ("images", "specification", "attributes", "freight")
        }
    ),
)


def relevant(
    condition: Condition, at: datetime, changes: Sequence[FieldChange]
) -> list[PastChange]:
    """Return the changes that a rule reads of history."""
    return [PastChange(at, change) for change in changes if change.field in condition.fields_read]


def kept(memory: Memory) -> Memory:
    """Return the memory as it comes back from the database."""
    return RuleMemory.load(RuleMemory.dump(memory))


def plain(at: datetime, firing: Firing) -> Fired:
    """Leave out the firing's position among the changes, which differs if more changes are
    judged."""
    return Fired(at, replace(firing, position=None))


offers = st.builds(
    Offer,
    st.just(START),
    st.integers(0, 300),
    st.sampled_from([Status.ON_SALE, Status.OFF_SHELF, Status.DELETED]),
    st.none() | st.tuples(st.integers(0, 20), st.integers(20, 40)),
)
#: A product's states, one every eight hours, and offers of it or of another product, each four
#: hours after a state.
paths = st.lists(
    st.tuples(products, st.integers(0, 3), st.none() | offers), min_size=1, max_size=20
)
rests = st.sampled_from([timedelta(0), timedelta(hours=12), timedelta(days=2)])


@given(conditions(PRODUCT_KINDS - {Kind.ON_SALE}), paths, rests)
def test_a_product_fires_on_history_exactly_where_it_fired_live(
    condition: Condition, path: list[tuple[ProductState, int, Offer | None]], cooldown: timedelta
) -> None:
    live, past, others = fired_live(condition, path, cooldown)
    case = RuleCase.of(path[-1][0], past, START, None)
    case = replace(case, offers=others.pop(MINE), others=others)
    replayed = replay(condition, case, past, since=START, cooldown=cooldown)
    assert [plain(*fired) for fired in replayed] == live


def fired_live(
    condition: Condition, path: list[tuple[ProductState, int, Offer | None]], cooldown: timedelta
) -> tuple[list[Fired], list[PastChange], dict[int, list[Offer]]]:
    """Return the alerts in their order, and the history that is known at the end, also of the
    products compared."""
    memory, before = Memory(), path[0][0]
    live: list[Fired] = []
    past: list[PastChange] = []
    prices: list[KnownValue] = []
    sales: list[KnownValue] = []
    others = {key: [Offer(START, 150, Status.ON_SALE, (5, 9))] for key in (MINE, *RIVALS)}

    def case(at: datetime, changes: Sequence[FieldChange], state: ProductState) -> None:
        nonlocal memory
        known = {key: [*offers] for key, offers in others.items()}
        current = RuleCase(state, changes, at, list(prices), list(sales), known.pop(MINE), known)
        firings, after = judge(condition, kept(memory), current)
        for firing in firings if at > START else ():
            rest, after = gather(after, firing, at, cooldown)
            live.extend(
                [plain(at, firing)]
                if rest is None or rest.gathered[firing.field].times == 1
                else []
            )
        memory = after

    for number, (state, which, offer) in enumerate(path):
        at = hour(8 * number)
        changes = product_changes(before, state)
        for name, steps in (("price", prices), ("sales", sales)):
            value = None if name == "price" and state.status in GONE else getattr(state, name)
            if not steps or value != steps[-1].value:
                steps.append(KnownValue(at, value))
        if changes or not number:
            case(at, changes, state)
        past += relevant(condition, at, changes)
        before = state
        keys = sorted(others)
        if offer is not None and condition.spec.among_rivals:
            later = at + timedelta(hours=4)
            others[keys[which % len(keys)]].append(offer._replace(at=later))
            case(later, [], state)
    return live, past, others if condition.spec.among_rivals else {MINE: []}
