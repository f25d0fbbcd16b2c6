"""Every address of the API, and the status that it answers to each token. A new address needs a row
in `TABLE`."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from monitor.api import api
from monitor.models import (
    Alert,
    ApiToken,
    Channel,
    Import,
    Membership,
    Message,
    Shop,
    User,
    Watchlist,
)
from monitor.people.api_tokens import end_token
from monitor.people.channels import add
from monitor.watching.following import follow_shop
from monitor.watching.imports import Source, Target, add_some, start_import
from monitor.watching.pairings import set_rivals
from monitor.watching.uploads.lines import read_text
from tests.api import ROOT, Program, problem_of
from tests.models.factories import (
    NOW,
    AlertFactory,
    MembershipFactory,
    UserFactory,
    WatchFactory,
    WatchlistFactory,
)
from tests.telling.channels.hooks import Hook

pytestmark = pytest.mark.django_db
ID = "3514453298386183303"
METHODS = ("GET", "POST", "PATCH", "DELETE")
OPERATIONS = {
    f"{method.upper()} {path.removeprefix(ROOT)}"
    for path, methods in api.get_openapi_schema()["paths"].items()
    for method in methods
}
#: The answers are the same at every address.
SHUT = {"no token": 401, "ended": 401, "expired": 401, "deleted person": 401}
#: Tokens that may write, of people with these roles on the owner's list; then tokens of the owner.
TOKENS = ("stranger", "viewer", "editor", "owner", "read only", "this list", "another list")
OWN = "200 200 200 200 200 200 200"
LIST = "404 200 200 200 200 200 404"
#: What concerns all lists of a person is not for a token of one list.
ALL_LISTS = "200 200 200 200 200 403 403"
EDIT = "404 403 200 200 403 200 404"
TABLE: dict[str, str] = {
    "GET /products": OWN,
    "GET /products/{num_iid}": LIST,
    "GET /products/{num_iid}/points": LIST,
    "GET /products/{num_iid}/snapshots": LIST,
    "GET /products/{num_iid}/changes": LIST,
    "GET /changes": OWN,
    "POST /products/{num_iid}/check": "404 403 200 200 403 200 404",
    "POST /products/{num_iid}/mute": "404 200 200 200 403 403 403",
    "DELETE /products/{num_iid}/mute": "404 204 204 204 403 403 403",
    "GET /shops": OWN,
    "GET /shops/{shop}": LIST,
    "GET /shops/{shop}/range": LIST,
    "GET /watchlists/{watchlist}/follows": LIST,
    "POST /watchlists/{watchlist}/follows": EDIT,
    "PATCH /watchlists/{watchlist}/follows/{shop}": EDIT,
    "DELETE /watchlists/{watchlist}/follows/{shop}": "404 403 204 204 403 204 404",
    "GET /watchlists": OWN,
    "POST /watchlists": "201 201 201 201 403 403 403",
    "GET /watchlists/{watchlist}": LIST,
    "PATCH /watchlists/{watchlist}": EDIT,
    "DELETE /watchlists/{watchlist}": "404 403 403 204 403 403 403",
    "POST /watchlists/{watchlist}/restore": "404 404 404 200 403 403 403",
    "GET /watchlists/{watchlist}/watches": LIST,
    "GET /watchlists/{watchlist}/watches/{num_iid}": LIST,
    "PATCH /watchlists/{watchlist}/watches/{num_iid}": EDIT,
    "DELETE /watchlists/{watchlist}/watches/{num_iid}": "404 403 204 204 403 204 404",
    "GET /watchlists/{watchlist}/watches/{num_iid}/rivals": LIST,
    "POST /watchlists/{watchlist}/watches/{num_iid}/rivals": EDIT,
    "DELETE /watchlists/{watchlist}/watches/{num_iid}/rivals/{rival}": (
        "404 403 204 204 403 204 404"
    ),
    "POST /watchlists/{watchlist}/products": EDIT,
    "GET /watchlists/{watchlist}/rules": LIST,
    "POST /watchlists/{watchlist}/rules": "404 403 201 201 403 201 404",
    "POST /watchlists/{watchlist}/rules/trial": EDIT,
    "PATCH /rules/{rule}": EDIT,
    "POST /rules/{rule}/trial": EDIT,
    "DELETE /rules/{rule}": "404 403 204 204 403 204 404",
    # Imports and channels belong to one person, and not to the members of a list.
    "POST /imports": "404 403 202 202 403 202 404",
    "GET /imports": OWN,
    "GET /imports/{job}": "404 404 404 200 200 200 404",
    "POST /imports/{job}/undo": "404 404 404 200 403 200 404",
    "GET /imports/{job}/rows": "404 404 404 200 200 200 404",
    "GET /alerts": OWN,
    "GET /alerts/{alert}": LIST,
    "POST /alerts/read": "200 200 200 200 403 200 200",
    "GET /channels": ALL_LISTS,
    "POST /channels": "201 201 201 201 403 403 403",
    "GET /channels/{channel}": "404 404 404 200 200 403 403",
    "PATCH /channels/{channel}": "404 404 404 200 403 403 403",
    "POST /channels/{channel}/test": "404 404 404 200 403 403 403",
    "GET /channels/{channel}/deliveries": "404 404 404 200 200 403 403",
    "POST /channels/{channel}/deliveries/{message}/again": "404 404 404 200 403 403 403",
    "DELETE /channels/{channel}": "404 404 404 204 403 403 403",
    "GET /search": OWN,
    "POST /search": "202 202 202 202 403 202 202",
    "GET /usage": ALL_LISTS,
}
#: What these reads need.
QUERIES = {"/search": "?q=shirt"}
#: What the writes send.
BODIES: dict[str, Any] = {
    "POST /alerts/read": {"all": True},
    "POST /search": {"q": "shirt"},
    "POST /watchlists": {"name": "Suppliers"},
    "POST /watchlists/{watchlist}/products": {"products": [ID]},
    "POST /watchlists/{watchlist}/follows": {"shop": "{shop}"},
    "POST /watchlists/{watchlist}/watches/{num_iid}/rivals": {"rivals": [ID]},
    "POST /watchlists/{watchlist}/rules": {"kind": "price_below", "threshold": 6900},
    "POST /watchlists/{watchlist}/rules/trial": {"kind": "price_below", "threshold": 6900},
    "PATCH /rules/{rule}": {"is_urgent": True},
    "POST /imports": {"watchlist": "{watchlist}", "products": [ID]},
    "PATCH /channels/{channel}": {"is_paused": True},
    "POST /channels": {
        "kind": "webhook",
        "name": "ERP",
        "url": "{hook}",
        "secret": "whsec_" + "A" * 32,
    },
}


@dataclass
class ApiWorld:
    """The owner's list with members, another list of the owner, and a stranger."""

    watchlist: Watchlist
    alert: Alert
    job: Import
    channel: Channel
    programs: dict[str, Program]
    hook: str

    @classmethod
    def make(cls, watchlist: Watchlist, url: str) -> "ApiWorld":
        owner, stranger = watchlist.owner, UserFactory.create(is_staff=True)
        members = {role: UserFactory.create() for role in Membership.Role.values}
        for role, member in members.items():
            MembershipFactory.create(watchlist=watchlist, user=member, role=role)
        product = WatchFactory.create(watchlist=watchlist).product
        job = start_import(
            owner,
            Source(lines=tuple(read_text(ID))),
            Target(watchlist),
            NOW,
        )
        add_some(job, NOW)
        tokens = {
            "stranger": Program.of(stranger, scope="write"),
            **{role: Program.of(member, scope="write") for role, member in members.items()},
            "owner": Program.of(owner, scope="write"),
            "read only": Program.of(owner),
            "this list": Program.of(owner, scope="write", watchlist=watchlist),
            "another list": Program.of(
                owner, scope="write", watchlist=WatchlistFactory.create(owner=owner)
            ),
        }
        follow_shop(watchlist, Shop.objects.get(products=product), NOW, by=owner)
        alert = AlertFactory.create(watchlist=watchlist, product=product)
        WatchlistFactory.create(owner=owner, deleted_at=NOW)
        set_rivals(watchlist.watches.get(product=product), [ID], owner)
        channel = add(
            owner, "webhook", "Shop", {"url": url, "secret": "whsec_" + "A" * 32}, "…hook", NOW
        )
        message = Message.of_alerts(channel, NOW, status=Message.Status.SENT)
        message.save(force_insert=True)
        return cls(watchlist, alert, job, channel, tokens, url)

    def ids(self) -> dict[str, Any]:
        """Return the owner's things. A new parameter needs its value here."""
        assert self.alert.product is not None
        return {
            "alert": self.alert.pk,
            "num_iid": self.alert.product.num_iid,
            "shop": self.alert.product.shop_id,
            "watchlist": self.watchlist.pk,
            "rule": self.watchlist.rules.order_by("pk")[0].pk,
            "job": self.job.pk,
            "channel": self.channel.pk,
            "hook": self.hook,
            "message": self.channel.messages.get().pk,
            "rival": ID,
        }

    def status(self, operation: str, program: Program) -> int:
        """Return the status of the answer, and undo what the request changed. An error is a
        problem."""
        method, path = operation.split()
        ids = self.ids()
        if path.endswith("/restore"):
            deleted = Watchlist.objects.get(owner=self.watchlist.owner, deleted_at__isnull=False)
            ids["watchlist"] = deleted.pk
        body = {
            name: value.format(**ids) if isinstance(value, str) else value
            for name, value in BODIES.get(operation, {}).items()
        }
        with transaction.atomic():
            query = QUERIES.get(path, "") if method == "GET" else ""
            response = program.send(method, path.format(**ids) + query, body)
            transaction.set_rollback(True)
        status: int = response.status_code
        if status >= 400:
            problem_of(response, status)
        return status


@pytest.fixture
def world(watchlist: Watchlist, webhook: Hook) -> ApiWorld:
    return ApiWorld.make(watchlist, webhook.url)


def test_the_table_has_every_address() -> None:
    assert TABLE.keys() == OPERATIONS


def test_each_token_may_do_what_its_person_may(world: ApiWorld) -> None:
    def statuses(operation: str) -> str:
        return " ".join(str(world.status(operation, world.programs[name])) for name in TOKENS)

    assert {operation: statuses(operation) for operation in TABLE} == TABLE


def test_they_are_shut_without_a_valid_token(world: ApiWorld) -> None:
    owner = world.watchlist.owner
    ended, expired = (Program.of(owner, scope="write") for _ in range(2))
    new_tokens = list(ApiToken.objects.order_by("-pk")[:2])
    end_token(new_tokens[1], NOW)
    ApiToken.objects.filter(pk=new_tokens[0].pk).update(expires_at=NOW - timedelta(seconds=1))
    programs = {
        "no token": replace(ended, secret=""),
        "ended": ended,
        "expired": expired,
    }
    statuses = {
        operation: {name: world.status(operation, program) for name, program in programs.items()}
        for operation in TABLE
    }
    User.objects.filter(pk=owner.pk).update(deleted_at=NOW, is_active=False)
    for operation in TABLE:
        statuses[operation]["deleted person"] = world.status(operation, world.programs["owner"])
    assert statuses == dict.fromkeys(TABLE, SHUT)


def test_a_method_that_an_address_does_not_have_is_refused(world: ApiWorld) -> None:
    for path in {operation.split()[1] for operation in TABLE}:
        known = {method for method in METHODS if f"{method} {path}" in TABLE}
        for method in {*METHODS, "PUT"} - known:
            response = Client().generic(method, ROOT + path.format(**world.ids()))
            problem_of(response, 405)
            assert set(response["Allow"].split(", ")) == known, path


def test_head_answers_as_get_without_the_body(world: ApiWorld) -> None:
    reader = world.programs["read only"]
    for path in (operation.split()[1] for operation in TABLE if operation.startswith("GET")):
        path = path.format(**world.ids()) + QUERIES.get(path, "")
        got, head = reader.send("GET", path), reader.send("HEAD", path)
        assert (head.status_code, head.content, head["ETag"]) == (200, b"", got["ETag"]), path
        assert head["Content-Length"] == str(len(got.content)), path
