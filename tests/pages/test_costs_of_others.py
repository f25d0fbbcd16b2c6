"""What a merchant pays and notes is for the owner and the editors of a list, unless the owner shows
it to viewers."""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from monitor.models import Alert, AuditEvent, Message, MessageAlert
from monitor.pages.settings.my_data import archive
from monitor.telling.message import build
from monitor.watching.own_values import save_values
from monitor.watching.pairings import set_rivals
from tests.api import Program
from tests.api.test_every_address import TABLE
from tests.models.factories import NOW, ProductFactory, WatchFactory
from tests.pages.routes import ROUTES, World
from tests.pages.test_every_route import address_of, undone

pytestmark = pytest.mark.django_db
NOTE, COST, PROFIT = "Canary of the house", 4294, 1234
#: The note, the cost, the floor price and the margin, in yuan, fen and percent, as doors write
#: them.
TOLD = re.compile(rf"{NOTE}|(?<!\w)(42\.?94|55\.?28|29\.?06|40\.?36|40\.4%)(?!\w)")
#: Views of a page that show, sort by or search what is the owner's own.
VIEWS = {
    "products": ("?cols=price,margin", "?list={}", "?sort=position"),
    "products-csv": ("?cols=margin",),
    "rivals": ("?sort=margin", "?sort=-margin", "?show=unpaired"),
}


@pytest.fixture
def world(db: None) -> World:
    world = World.make()
    save_values({world.watch.pk: {"cost": COST, "profit": PROFIT, "note": NOTE}}, NOW)
    # The cost alone makes it the merchant's own.
    also_own = WatchFactory.create(
        watchlist=world.watch.watchlist,
        product=ProductFactory.create(title="Shirt without a rival"),
    )
    save_values({also_own.pk: {"cost": COST, "note": NOTE}}, NOW)
    rival = WatchFactory.create(
        watchlist=world.watch.watchlist, product=ProductFactory.create(price=7000)
    )
    set_rivals(world.watch, [rival.product.num_iid], world.people["owner"])
    return world


def doors(world: World, role: str) -> Iterator[tuple[str, str]]:
    """Yield everything that someone can read: pages, files, answers of the API, the own data,
    mails."""
    client, person = world.client(role), world.people[role]
    for name, route in ROUTES.items():
        if route.public or route.expected("GET")[role] != 200:
            continue
        for view in ("", *VIEWS.get(name, ())):
            with undone():
                response = client.get(
                    address_of(name, world) + view.format(world.watch.watchlist_id)
                )
                content = response.getvalue()
            yield name, _text(content)
    program = Program.of(person)
    ids = {"num_iid": world.watch.product.num_iid, "watchlist": world.watch.watchlist_id}
    for path in (operation.split()[1] for operation in TABLE if operation.startswith("GET")):
        with undone():
            yield f"API {path}", program.send("GET", path.format_map(_Known(ids))).content.decode()
    yield "my data", _text(b"".join(archive(person)))
    for kind, context in ((Message.Kind.ALERTS, {}), (Message.Kind.DIGEST, _day())):
        message = Message.of_alerts(person.mailbox, NOW, kind=kind, context=context)
        message.save()
        for alert in Alert.objects.all():
            MessageAlert.objects.create(
                message=message, alert=alert, recipient=person, channel=person.mailbox
            )
        yield f"mail: {kind}", str(build(message))
        message.delete()


class _Known(dict[str, Any]):
    def __missing__(self, key: str) -> int:
        return 1


def _day() -> dict[str, str]:
    return {
        "period": "day",
        "since": (NOW - timedelta(days=1)).isoformat(),
        "until": NOW.isoformat(),
    }


def _text(content: bytes) -> str:
    if not content.startswith(b"PK"):
        return content.decode(errors="ignore")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "\n".join(archive.read(name).decode() for name in archive.namelist())


def telling(world: World, role: str) -> set[str]:
    return {door for door, text in doors(world, role) if TOLD.search(text)}


def test_viewers_learn_no_cost_or_note_until_the_owner_shows_them(world: World) -> None:
    owner = world.client("owner")
    assert telling(world, "viewer") == set()
    # Nor which products are the merchant's own because they have a cost.
    assert [
        text.count("Shirt without a rival")
        for door, text in doors(world, "viewer")
        if door == "rivals"
    ] == [0] * 4
    assert "Shirt without a rival" in owner.get("/rivals/").content.decode()

    page = owner.post(
        f"/watchlists/{world.watch.watchlist_id}/costs/", {"shows_costs": "on"}, follow=True
    )
    assert re.search(r'id="shows-costs"[^>]* checked', page.content.decode())
    of_api = {
        "API /products/{num_iid}",
        *(f"API /watchlists/{{watchlist}}/watches{end}" for end in ("", "/{num_iid}")),
    }
    shown = {
        "product",
        "products",
        "products-csv",
        "products-xlsx",
        "rivals",
        "my data",
        *of_api,
    }
    assert telling(world, "viewer") == shown == telling(world, "editor")

    owner.post(f"/watchlists/{world.watch.watchlist_id}/costs/")
    assert (
        world.client("viewer")
        .get(f"/products/{world.watch.product.num_iid}/")
        .content.decode()
        .count(NOTE)
        == 0
    )
    events = AuditEvent.objects.filter(kind="rights_changed").order_by("pk")
    assert [event.details["changes"]["shows_costs"] for event in events] == [
        [False, True],
        [True, False],
    ]
