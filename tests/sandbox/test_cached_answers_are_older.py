from datetime import datetime, timedelta

from monitor.sandbox.world import World
from tests.sandbox.conftest import Ask


def test_the_cache_is_used_unless_forbidden(ask: Ask, world: World) -> None:
    num_iid = world.products()[0]
    assert ask(num_iid=num_iid)["cache"] == 1
    assert ask(num_iid=num_iid, cache="yes")["cache"] == 1
    assert ask(num_iid=num_iid, cache="no")["cache"] == 0


def test_its_data_is_up_to_a_few_hours_old(ask: Ask, world: World, now: datetime) -> None:
    ages = []
    for num_iid in world.products():
        reply = ask(num_iid=num_iid)
        if reply["error_code"] == "0000":
            ages.append(int(now.timestamp()) - reply["secache_time"])
    assert min(ages) >= 0
    assert max(ages) <= 4 * 3600
    assert sum(ages) / len(ages) > 1800


def test_it_tells_what_was_true_when_captured(ask: Ask, world: World) -> None:
    for num_iid in world.products()[:40]:
        reply = ask(num_iid=num_iid)
        if reply["error_code"] == "0000":
            captured = datetime.fromtimestamp(reply["secache_time"]).astimezone()
            state = world.state(num_iid, captured)
            assert state
            assert reply["item"]["discount_price"] == state.prices.price


def test_it_gives_the_same_data_until_it_is_captured_anew(ask: Ask, world: World, now: datetime) -> None:
    times = {
        reply["secache_time"]
        for minutes in range(0, 480, 5)
        if "item" in (reply := ask(num_iid=world.products()[3], at=now + timedelta(minutes=minutes)))
        and "secache_time" in reply
    }
    assert 2 <= len(times) <= 17
