import os
import subprocess
import sys
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from monitor.sandbox.protocol import Account, answer
from monitor.sandbox.world import World
from tests.sandbox.conftest import KEY, SECRET

IN_ANOTHER_PROCESS = """
import sys
from datetime import datetime
from hashlib import sha256
from monitor.sandbox.protocol import Account, answer
from monitor.sandbox.world import World
world, now, digest = World(), datetime.fromisoformat(sys.argv[1]), sha256()
for num_iid in world.products():
    digest.update(answer("item_get_app", {"key": "k", "secret": "s", "num_iid": num_iid}, now, world, 0,
                         Account("k", "s", 9)).body)
print(digest.hexdigest())
"""


def bodies(world: World, now: datetime, cache: str) -> list[bytes]:
    account = Account(KEY, SECRET, 9)
    params = {"key": KEY, "secret": SECRET, "cache": cache}
    return [
        answer("item_get_app", params | {"num_iid": num_iid}, now, world, 0, account).body
        for num_iid in world.products()
    ]


def test_it_answers_alike_in_two_worlds_of_one_seed(world: World, now: datetime) -> None:
    other = World()
    for cache in ("yes", "no"):
        assert bodies(world, now, cache) == bodies(other, now, cache)


def test_it_does_not_remember_what_was_asked_before(now: datetime) -> None:
    fresh, asked = World(), World()
    for days in range(0, 400, 37):
        bodies(asked, now - timedelta(days=days), "no")
    assert bodies(fresh, now, "no") == bodies(asked, now, "no")


def test_it_answers_alike_in_another_process(world: World, now: datetime) -> None:
    digest = sha256()
    for num_iid in world.products():
        params = {"key": "k", "secret": "s", "num_iid": num_iid}
        digest.update(answer("item_get_app", params, now, world, 0, Account("k", "s", 9)).body)
    environment = os.environ | {"PYTHONHASHSEED": "4242", "PYTHONPATH": str(Path(__file__).parents[2])}
    elsewhere = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS, now.isoformat()],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert elsewhere.stdout.strip() == digest.hexdigest()


def test_it_makes_other_products_from_another_seed(world: World) -> None:
    assert not set(world.products()) & set(World(seed=5).products())
