"""A program with a client that was generated from the description changes one field, and all others
stay."""

import importlib
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from monitor.api import api
from monitor.judging.rules.conditions import Condition
from monitor.judging.rules.kinds import Kind
from monitor.models import User, Watchlist
from monitor.people import channels
from monitor.watching.following import follow_shop
from monitor.watching.own_values import save_values
from monitor.watching.rules import Terms, add_rule
from tests.api import Program
from tests.models.factories import NOW, WatchFactory

#: By the body of each PATCH: the client's function, and a new value of each field. A channel's
#: address and secret need a receiver: see test_channels.
FUNCTIONS = {
    "WatchChanges": "watchlists.alter_watch",
    "WatchlistChanges": "watchlists.alter_watchlist",
    "RuleChanges": "rules.alter_rule",
    "FollowChanges": "shops.alter_follow",
    "ChannelChanges": "channels.alter_channel",
}
CHANGES: dict[str, dict[str, Any]] = {
    "WatchChanges": {
        "target_price": 5900,
        "cost": 4100,
        "profit": 900,
        "note": "",
        "tags": ["new"],
        "is_paused": False,
        "pace": "adaptive",
        "interval_seconds": 7200,
        "soonest_seconds": None,
        "priority": 1,
    },
    "WatchlistChanges": {
        "name": "Rivals of spring",
        "pace": "adaptive",
        "interval_seconds": 7200,
        "soonest_seconds": 600,
        "priority": 1,
        "is_paused": False,
    },
    "RuleChanges": {
        "threshold": 700,
        "is_urgent": True,
        "is_active": False,
        "cooldown_seconds": 3600,
        "also": [],
    },
    "FollowChanges": {
        "interval_seconds": 7200,
        "adds": "all",
        "words": "",
        "lowest": 2000,
        "highest": 8900,
    },
    "ChannelChanges": {
        "name": "Shop",
        "how": "hourly",
        "only_urgent": False,
        "is_paused": False,
        "left_out": [],
    },
}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    """Return a function that imports a module of the client."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "openapi.json").write_text(json.dumps(api.get_openapi_schema()))
    (folder / "settings.yml").write_text("post_hooks: []")
    command = [
        sys.executable,
        "-m",
        "openapi_python_client",
        "generate",
        "--meta",
        "none",
        "--fail-on-warning",
    ]
    command += [
        "--path",
        "openapi.json",
        "--config",
        "settings.yml",
        "--output-path",
        "stall_client",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.append(str(folder))
    return lambda name: importlib.import_module(f"stall_client.{name}")


def test_the_body_of_a_patch_has_no_defaults() -> None:
    """A client would send them."""
    document = api.get_openapi_schema()
    bodies = {
        operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for methods in document["paths"].values()
        for method, operation in methods.items()
        if method == "patch"
    }
    assert bodies == CHANGES.keys()
    # Following a shop again changes the terms that are sent.
    for body in (*bodies, "FollowGiven"):
        properties = document["components"]["schemas"][body]["properties"]
        assert [name for name, field in properties.items() if "default" in field] == [], body


@pytest.mark.django_db(transaction=True)
def test_a_generated_client_changes_one_field_alone(
    live_server: LiveServer, merchant: User, watchlist: Watchlist, generated: Callable[[str], Any]
) -> None:
    paces = {"pace": "fixed", "soonest": timedelta(minutes=20), "priority": 3}
    watch = WatchFactory.create(
        watchlist=watchlist, is_paused=True, interval=timedelta(hours=6), **paces
    )
    Watchlist.objects.update(is_paused=True, interval=timedelta(hours=8), **paces)
    save_values(
        {
            watch.pk: {
                "target": 6900,
                "cost": 4200,
                "profit": 800,
                "note": "Same",
                "tags": ["summer"],
            }
        },
        NOW,
    )
    dropped = Condition(Kind.PRICE_DROPPED, 500, also=(Condition(Kind.ON_SALE),))
    rule = add_rule(watchlist, Terms(dropped, timedelta(days=1)), NOW)
    terms: dict[str, Any] = {
        "adds": "new",
        "words": "shirt",
        "lowest": 10,
        "highest": 9900,
        "most": 5,
    }
    assert watch.product.shop is not None
    follow_shop(watchlist, watch.product.shop, NOW, interval=timedelta(hours=6), **terms)
    channel = channels.add(merchant, "webhook", "ERP", {"url": "", "secret": ""}, "…", NOW)
    channel.how, channel.only_urgent, channel.is_paused = "daily", True, True
    channels.change(channel, {watchlist.pk: "off"}, NOW)

    program = Program.of(merchant, scope="write")
    client = generated("client").AuthenticatedClient(
        live_server.url, program.secret, raise_on_unexpected_status=True
    )
    list_path, num_iid = f"/watchlists/{watchlist.pk}", watch.product.num_iid
    places: dict[str, tuple[list[str], Callable[[], Any]]] = {
        "WatchChanges": (
            [str(watchlist.pk), num_iid],
            lambda: program.get(f"{list_path}/watches/{num_iid}"),
        ),
        "WatchlistChanges": ([str(watchlist.pk)], lambda: program.get(list_path)),
        "RuleChanges": ([str(rule.pk)], lambda: program.get(f"{list_path}/rules")["items"][-1]),
        "FollowChanges": (
            [str(watchlist.pk), str(watch.product.shop_id)],
            lambda: program.get(f"{list_path}/follows")[0],
        ),
        "ChannelChanges": ([str(channel.pk)], lambda: program.get(f"/channels/{channel.pk}")),
    }
    with client:
        for body, (ids, read) in places.items():
            present = read()
            for name, value in CHANGES[body].items():
                assert present[name] != value
                model = getattr(generated("models"), body)
                given = model(**{name: getattr(model.from_dict({name: value}), name)})
                generated(f"api.{FUNCTIONS[body]}").sync_detailed(*ids, client=client, body=given)
                before, present = present, read()
                assert [field for field in CHANGES[body] if present[field] != before[field]] == [
                    name
                ]
                assert present[name] == value
