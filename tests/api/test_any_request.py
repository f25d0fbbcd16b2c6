"""Whatever a program sends, the answer is one that the description names, and never our fault or a
stranger's data."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, Response
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from monitor.api import api
from monitor.models import Channel, Message, Rule, Watchlist
from monitor.models.channels import seal_target
from monitor.people import channels
from monitor.telling.channels.webhook import new_secret
from monitor.watching.following import follow_shop
from monitor.watching.imports import Source, Target, add_some, start_import
from monitor.watching.pairings import set_rivals
from monitor.watching.uploads.lines import read_text
from tests.api import Program
from tests.models.factories import NOW, AlertFactory, ProductFactory, WatchFactory, WatchlistFactory
from tests.telling.channels.hooks import Hook

pytestmark = pytest.mark.django_db
SCHEMA = json.loads(json.dumps(api.get_openapi_schema()))
DESCRIPTION = schemathesis.openapi.from_dict(SCHEMA)
DESCRIPTION.app = WSGIHandler()
OPERATIONS = [
    operation.ok() for operation in DESCRIPTION.get_all_operations() if isinstance(operation, Ok)
]
Things = dict[str, str]


def things_of(watchlist: Watchlist, title: str) -> Things:
    """Fill a watchlist with one of everything; return the IDs by the names that parameters and
    fields give them."""
    owner, product = watchlist.owner, ProductFactory.create(title=title, shop__name=title)
    WatchFactory.create(watchlist=watchlist, product=product, note=title)
    assert product.shop is not None
    follow_shop(watchlist, product.shop, NOW)
    rival = WatchFactory.create(watchlist=watchlist).product
    set_rivals(watchlist.watches.get(product=product), [rival.num_iid], owner)
    alert = AlertFactory.create(watchlist=watchlist, product=product)
    rule = Rule.objects.create(watchlist=watchlist, kind="price_below", threshold=4900)
    channel = channels.add(
        owner, "webhook", title, {"url": "https://secret.example.com/Secret"}, "…cret", NOW
    )
    job = start_import(
        owner,
        Source(title, tuple(read_text("3514453298386183303"))),
        Target(watchlist),
        NOW,
    )
    add_some(job, NOW)
    message = Message.of_alerts(channel, NOW, status=Message.Status.SENT)
    message.save(force_insert=True)
    things = {
        "message": message,
        "watchlist": watchlist,
        "alert": alert,
        "rule": rule,
        "channel": channel,
        "job": job,
    }
    keys = {"shop": str(product.shop_id), **{name: str(thing.pk) for name, thing in things.items()}}
    ids = {"ids": keys["alert"], "left_out": keys["watchlist"]}
    ids |= {"rival": rival.num_iid, "rivals": rival.num_iid}
    return {**keys, **ids, **dict.fromkeys(("num_iid", "product", "own"), product.num_iid)}


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """The site does not close the connection whose transaction the test rolls back."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def own(watchlist: Watchlist) -> Things:
    return things_of(watchlist, "Shirt")


@pytest.fixture
def strangers(own: Things) -> Things:
    return things_of(WatchlistFactory.create(name="Secret"), "Secret shirt")


def with_ids(value: Any, things: Things) -> Any:
    """Return parameters or a body, with these IDs in place of others."""
    if not isinstance(value, dict):
        return value
    return {
        name: ([things[name]] if isinstance(part, list) else things[name])
        if name in things
        else part
        for name, part in value.items()
    }


def send(case: Any, program: Program) -> Response:
    """Check the answer by the description, and undo what the request changed."""
    with transaction.atomic():
        response: Response = case.call_and_validate(
            "http://localhost",
            headers={"Authorization": f"Bearer {program.secret}", "Accept-Encoding": "identity"},
            # A rule may be nonsense, and a cursor of another query.
            excluded_checks=[positive_data_acceptance],
        )
        transaction.set_rollback(True)
    assert "Secret" not in response.text
    return response


def name_of(operation: Any) -> str:
    return str(operation.definition.raw["operationId"])


@pytest.mark.parametrize("operation", OPERATIONS, ids=name_of)
def test_no_request_is_our_fault(
    operation: Any, writer: Program, own: Things, strangers: Things
) -> None:
    @settings(
        max_examples=6,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(data=st.data())
    def run(data: st.DataObject) -> None:
        mode = data.draw(st.sampled_from(list(GenerationMode)))
        case = data.draw(operation.as_strategy(mode))
        # What violates the description stays as it is.
        things = (
            data.draw(st.sampled_from([own, strangers])) if mode is GenerationMode.POSITIVE else {}
        )
        case.path_parameters, case.query = (
            with_ids(case.path_parameters, things),
            with_ids(case.query, things),
        )
        case.body = with_ids(case.body, things)
        send(case, writer)

    run()


def needs_query(parameter: Any) -> bool:
    return bool(parameter["in"] == "query" and parameter["required"])


@pytest.mark.parametrize("operation", OPERATIONS, ids=name_of)
def test_what_the_description_shows_is_accepted(
    operation: Any, writer: Program, own: Things, webhook: Hook
) -> None:
    own = {**own, "url": webhook.url}
    target = seal_target({"url": webhook.url, "secret": new_secret()})
    Channel.objects.filter(pk=own["channel"]).update(sealed=target)
    if operation.path.endswith("/restore"):
        Watchlist.objects.filter(pk=own["watchlist"]).update(deleted_at=NOW)
    request: dict[str, Any] = {
        "path_parameters": {row.name: own[row.name] for row in operation.path_parameters}
    }
    parameters = operation.definition.raw["parameters"]
    request["query"] = {
        row["name"]: row["schema"]["examples"][0] for row in parameters if needs_query(row)
    }
    for content in operation.definition.raw.get("requestBody", {}).get("content", {}).values():
        [example] = SCHEMA["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]][
            "examples"
        ]
        request["body"] = with_ids(example, own)
    assert send(operation.Case(**request), writer).status_code < 300
