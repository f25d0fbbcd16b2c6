"""What must be 0 after a run: the list 'After every run' of the faults that the system is tested
against."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from math import inf
from urllib.parse import quote, quote_plus

from django.db import connection
from django.db.models import Count

from monitor.judging.changes import ProductState, product_changes
from monitor.models import (
    Alert,
    Attempt,
    Change,
    Channel,
    Charge,
    Message,
    MessageAlert,
    Product,
    Rule,
    Snapshot,
    Usage,
    UsageDay,
)
from monitor.models.usage import PARTS
from tests.chaos.faults import World
from tests.provider.conftest import KEY, SECRET

type Findings = Iterator[str]

FORMS = {
    form
    for word in (KEY, SECRET)
    for form in (word, quote(word), quote(word, safe=""), quote_plus(word))
}
FORMS |= {json.dumps(form)[1:-1] for form in FORMS}
#: A state that held this long has been seen, whatever was killed: a claim runs out after one
#: minute.
HELD_SECONDS = 150
FIELDS = ("price", "sales", "status")
#: How tracebacks end that say that a server was away, which is true while it is killed. That
#: without a host name is kombu's, whose connection to a killed Redis is None: then the worker ends,
#: and is started again.
_AWAY = re.compile(
    r"^(psycopg|django\.db\.utils|redis\.exceptions|kombu\.exceptions|amqp\.exceptions)\.\w*(Error|Shutdown|TooManyConnections)\b"
    r"|^celery\.beat\.SchedulingError: .*[Cc]onnect"
    r"|^AttributeError: 'NoneType' object has no attribute 'hostname'"
    r"|^(ConnectionResetError|ConnectionRefusedError|BrokenPipeError|ConnectionError|OSError: "
    r"\[Errno 9\])"
)


class _Facts:
    """Rows that several checks read."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.snapshots: dict[str, list[Snapshot]] = defaultdict(list)
        for snapshot in Snapshot.objects.select_related("product").order_by("data_time"):
            self.snapshots[snapshot.product.num_iid].append(snapshot)
        self.changes = list(Change.objects.filter(product__isnull=False).select_related("product"))

    def truth(self, num_iid: str, at: datetime, field: str) -> object:
        return getattr(self.world.market.products[num_iid].at(at.timestamp()), field)

    def is_incomplete(self, num_iid: str, at: datetime) -> bool:
        return (num_iid, int(at.timestamp())) in self.world.market.incomplete


def _values(state: object) -> tuple[object, ...]:
    return tuple(getattr(state, field) for field in FIELDS)


def missed(facts: _Facts) -> Findings:
    """States that a recorded check saw, that held long or to the end, and are not in the
    history."""
    for num_iid, product in facts.world.market.products.items():
        rows = facts.snapshots[num_iid]
        ends_of_rows = [*(row.data_time.timestamp() for row in rows[1:]), inf]
        held = [
            (_values(row), row.data_time.timestamp(), ends)
            for row, ends in zip(rows, ends_of_rows, strict=True)
        ]
        ends_of_states = [*(later.since for later in product.states[1:]), inf]
        for state, ends in zip(product.states, ends_of_states, strict=True):
            is_known = any(
                values == _values(state) and at < ends and until > state.since
                for values, at, until in held
            )
            if ends - max(state.since, facts.world.began) > HELD_SECONDS and not is_known:
                yield f"{num_iid}: {state} until {ends} is not in the history"
    for num_iid, at in sorted(facts.world.crowd.seen):
        if facts.is_incomplete(num_iid, at):
            continue
        state = facts.world.market.products[num_iid].at(at.timestamp())
        row = next((row for row in reversed(facts.snapshots[num_iid]) if row.data_time <= at), None)
        if row is None or _values(row) != _values(state):
            yield (
                f"{num_iid}: checked at {at}, where {state} held, but {row and _values(row)} is "
                "stored"
            )


def false(facts: _Facts) -> Findings:
    """Changes of what did not change."""
    for change in facts.changes:
        assert change.product
        num_iid = change.product.num_iid
        if change.field not in FIELDS:
            yield f"{num_iid}: {change.field} {change.before} → {change.after}"
            continue
        after = facts.truth(num_iid, change.first_seen_after, change.field)
        before = facts.truth(num_iid, change.last_seen_before, change.field)
        is_told = not facts.is_incomplete(num_iid, change.last_seen_before)
        if change.after != after or (is_told and change.before != before):
            yield (
                f"{num_iid}: {change}: {change.before} → {change.after}, but {before} → {after} "
                "is true"
            )


def replay(facts: _Facts) -> Findings:
    """Stored changes that the snapshots do not give, and the reverse."""
    stored: dict[tuple[str, datetime], set[tuple[str, str]]] = defaultdict(set)
    for change in facts.changes:
        assert change.product
        what = (change.field, json.dumps([change.before, change.after]))
        stored[change.product.num_iid, change.first_seen_after].add(what)
    for num_iid, rows in facts.snapshots.items():
        for before, after in pairwise(rows):
            given = {
                (c.field, json.dumps([c.before, c.after]))
                for c in product_changes(_state(before), _state(after))
            }
            if (there := stored.pop((num_iid, after.data_time), set())) != given:
                yield (
                    f"{num_iid} at {after.data_time}: {there} is stored, the snapshots give {given}"
                )
    yield from (f"{key} has no snapshot: {what}" for key, what in stored.items())


def _state(row: Snapshot) -> ProductState:
    names = (
        "title",
        "price",
        "list_price",
        "sku_min_price",
        "sku_max_price",
        "sales",
        "sales_step",
        "status",
        "presale",
    )
    return ProductState(**{name: getattr(row, name) for name in names})


def alerts_missing(facts: _Facts) -> Findings:
    """Changes that meet a rule without an alert, and alerts that a channel of a reader did not
    send."""
    rules = {rule.kind: rule for rule in Rule.objects.all()}
    alerted = set(Alert.objects.values_list("rule", "change"))
    for change in facts.changes:
        rule = rules.get(f"{change.field}_changed")
        if rule and (rule.pk, change.pk) not in alerted:
            yield f"{change.product}: {change} has no alert"
    sent = set(MessageAlert.objects.filter(message__status="sent").values_list("alert", "channel"))
    channels = Channel.objects.exclude(owner__email="operator@example.com").values_list(
        "pk", flat=True
    )
    for alert in Alert.objects.all():
        yield from (
            f"alert {alert.pk} was not sent to channel {key}"
            for key in channels
            if (alert.pk, key) not in sent
        )


def alerts_doubled(facts: _Facts) -> Findings:
    for model, columns in (
        (Alert, ("rule", "change", "product")),
        (MessageAlert, ("alert", "channel")),
    ):
        rows = (
            model._default_manager.order_by()
            .values(*columns)
            .annotate(n=Count("pk"))
            .filter(n__gt=1)
        )
        # Alerts without a change are of a new rule: one for each product.
        yield from (f"{model.__name__} {row}" for row in rows)


def messages_lost(facts: _Facts) -> Findings:
    """Messages that are not sent, or sent and did not arrive."""
    arrived = facts.world.sinks.arrivals()
    for message in Message.objects.exclude(status="dropped").select_related("channel"):
        is_refused = message.status == "refused" and message.tries.filter(code__gte=500).exists()
        if message.status != "sent" and not is_refused:
            yield f"message {message.pk} ({message.kind}) is {message.status}: {message.answer}"
        has_id = message.channel is None or message.channel.kind in ("mail", "webhook")
        if message.status == "sent" and has_id and not arrived[message.uid]:
            yield f"message {message.pk} ({message.kind}) did not arrive"
    for channel in _robots():
        tries = Attempt.objects.filter(message__channel=channel, outcome="sent").count()
        if facts.world.sinks.taken(channel) < tries:
            yield f"{channel}: {tries} were sent, {facts.world.sinks.taken(channel)} arrived"


def messages_doubled(facts: _Facts) -> Findings:
    """Messages sent again although an attempt was told that they had arrived, and copies without an
    attempt."""
    arrived = facts.world.sinks.arrivals()
    tries = Counter(Attempt.objects.values_list("message__uid", flat=True))
    yield from (
        f"{uid} arrived {n} times in {tries[uid]} attempts"
        for uid, n in arrived.items()
        if n > tries[uid]
    )
    sent = Counter(Attempt.objects.filter(outcome="sent").values_list("message", flat=True))
    yield from (f"message {key} was sent {n} times" for key, n in sent.items() if n > 1)
    for channel in _robots():
        tried = Attempt.objects.filter(message__channel=channel).count()
        if facts.world.sinks.taken(channel) > tried:
            yield f"{channel}: {facts.world.sinks.taken(channel)} arrived in {tried} attempts"


def _robots() -> list[Channel]:
    return [*Channel.objects.exclude(kind__in=("mail", "webhook"))]


def bodies(facts: _Facts) -> Findings:
    for uid, seen in facts.world.sinks.bodies().items():
        if len(seen) > 1:
            yield f"{uid} has {len(seen)} bodies"


def calls(facts: _Facts) -> Findings:
    """Calls that the ledger lacks, or that were above the budget."""
    reserved = sum(UsageDay.objects.values_list("reserved", flat=True))
    if facts.world.market.calls > reserved:
        yield f"the provider counted {facts.world.market.calls} calls, the ledger has {reserved}"
    if reserved > facts.world.market.daily_calls:
        yield f"{reserved} calls are more than {facts.world.market.daily_calls}"
    if facts.world.crowd.overspent:
        yield f"{facts.world.crowd.overspent} calls were reserved while none was left"


def charges(facts: _Facts) -> Findings:
    charged = sum(Charge.objects.values_list("parts", flat=True))
    settled = PARTS * sum(Usage.objects.values_list("calls", flat=True))
    if charged != settled:
        yield f"{charged / PARTS} calls are charged, {settled / PARTS} are settled"


def secrets(facts: _Facts) -> Findings:
    """Key or secret in a log, a table, a message or a page."""
    for path in facts.world.stack.logs.glob("*.log"):
        text = path.read_text(errors="replace")
        yield from (f"{path.name} has {form}" for form in FORMS if form in text)
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            name = connection.ops.quote_name(table)
            cursor.execute(f"SELECT string_agg(row::text, ' ') FROM {name} AS row")
            text = (cursor.fetchone() or [""])[0] or ""
            yield from (f"{table} has {form}" for form in FORMS if form in text)
    for text in facts.world.sinks.texts():
        yield from (f"a message has {form}" for form in FORMS if form in text)
    yield from facts.world.crowd.texts


def stuck(facts: _Facts) -> Findings:
    """Claims, leases and attempts that nobody holds any more, and transactions that stay open."""
    yield from (f"{product} is claimed" for product in Product.objects.filter(claim__isnull=False))
    yield from (
        f"message {message.pk} is leased" for message in Message.objects.filter(lease__isnull=False)
    )
    yield from (
        f"attempt {attempt.pk} is under way"
        for attempt in Attempt.objects.filter(outcome="under_way")
    )
    yield from facts.world.crowd.open_transactions


def tracebacks(facts: _Facts) -> Findings:
    """Errors whose traceback says anything but that a server was away."""
    for path in facts.world.stack.logs.glob("*.log"):
        yield from (
            f"{path.name}: {error}"
            for error in _errors(path.read_text(errors="replace").splitlines())
        )


def _errors(lines: Iterable[str]) -> Findings:
    """Yield the last line of each traceback; of a chain, only the last one's."""
    is_inside, error = False, ""
    for line in [*lines, "Traceback"]:
        if line.startswith(("During handling of", "The above exception")):
            error = ""
        elif line.startswith("Traceback"):
            if error and not _AWAY.search(error):
                yield error[:200]
            is_inside, error = True, ""
        elif is_inside and line and not line[0].isspace():
            is_inside, error = False, line


def pages(facts: _Facts) -> Findings:
    """Errors that people saw while nothing they depend on was hit."""
    yield from facts.world.crowd.noticed


CHECKS: dict[str, Callable[[_Facts], Findings]] = {
    "changes missed": missed,
    "changes false": false,
    "changes other than by the snapshots": replay,
    "alerts missing": alerts_missing,
    "alerts doubled": alerts_doubled,
    "messages lost": messages_lost,
    "messages doubled": messages_doubled,
    "bodies that differ by ID": bodies,
    "calls above budget or ledger": calls,
    "charges other than calls": charges,
    "secrets found": secrets,
    "leases and transactions stuck": stuck,
    "tracebacks": tracebacks,
    "error pages": pages,
}


def findings(world: World) -> dict[str, Sequence[str]]:
    facts = _Facts(world)
    return {name: list(check(facts)) for name, check in CHECKS.items()}
