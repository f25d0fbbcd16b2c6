"""`check_products`: real calls to a server on this machine, in this process."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from monitor.models import ProviderAccount, UsageDay, User
from monitor.watching.services import add_products, create_watchlist
from tests.commands.conftest import Rows
from tests.servers import ProviderServer, error, item

SAMPLES = Path(__file__).parent.parent / "samples"
ID = "3514453298386183303"
OTHER = "7000000000000000001"


def sample(name: str) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads((SAMPLES / name).read_bytes())
    return payload


@pytest.fixture
def products(merchant: User) -> None:
    """Two watched products, the first being the provider's own sample."""
    add_products(create_watchlist(merchant, "竞品"), [ID, OTHER], timezone.now())


def now() -> int:
    return int(timezone.now().timestamp())


def test_it_checks_all_and_prints_how_each_check_ended(
    products: None, provider: ProviderServer, rows: Callable[..., Rows]
) -> None:
    provider.answers[ID] = sample("item_get_app.json")
    provider.answers[OTHER] = sample("item-not-found.json")
    checks = {row["num_iid"]: row for row in rows("check_products", "--due")}
    assert checks[ID] == {
        "num_iid": ID,
        "outcome": "ok",
        "code": "0000",
        "data_time": "2022-04-12T00:51:14Z",
        "changes": [],
        "doubts": [],
    }
    assert (checks[OTHER]["outcome"], checks[OTHER]["code"]) == ("doubtful", "2000")
    assert [doubt["after"] for doubt in checks[OTHER]["doubts"]] == ["not_found"]
    assert len(provider.calls) == UsageDay.objects.get().reserved == 2


def test_it_prints_readings_that_were_not_believed(
    products: None,
    provider: ProviderServer,
    rows: Callable[..., Rows],
    capsys: pytest.CaptureFixture[str],
) -> None:
    provider.default = lambda query: item(query["num_iid"], now() - 60)
    rows("check_products", ID)
    replies = [item(ID, now() - 50, discount_price=2400), item(ID, now() - 40)]
    provider.answers[ID] = lambda query: replies.pop(0)
    [row] = rows("check_products", ID)
    assert (row["outcome"], row["changes"]) == ("unchanged", [])
    [doubt] = row["doubts"]
    assert (doubt["before"], doubt["after"], doubt["became"]) == (7200, 2400, "dropped")
    replies += [item(ID, now() - 30, discount_price=2400), error("4002")]
    call_command("check_products", ID)
    out = capsys.readouterr().out
    assert "price: ¥72.00 → ¥24.00, held" in out
    assert "1 doubtful" in out


def test_it_checks_the_others_when_some_ids_are_wrong(
    products: None, provider: ProviderServer, capsys: pytest.CaptureFixture[str]
) -> None:
    provider.default = lambda query: item(query["num_iid"], now())
    with pytest.raises(CommandError) as caught:
        call_command("check_products", "12", "3514x", ID, "٣", "--json")
    assert [json.loads(line)["num_iid"] for line in capsys.readouterr().out.splitlines()] == [ID]
    assert "Nobody has imported 12, 3514x, ٣." in str(caught.value)


@pytest.mark.parametrize("arguments", [(), ("--due", ID)])
def test_it_refuses_a_call_that_names_no_products_or_too_many_options(
    products: None, provider: ProviderServer, rows: Callable[..., Rows], arguments: tuple[str, ...]
) -> None:
    with pytest.raises(CommandError, match="Say what to check"):
        rows("check_products", *arguments)
    assert provider.calls == []


def test_it_checks_nothing_while_an_operator_has_stopped_all_polling(
    products: None, provider: ProviderServer, rows: Callable[..., Rows]
) -> None:
    ProviderAccount.objects.create(halted_at=timezone.now())
    with pytest.raises(CommandError, match="An operator has stopped all checks"):
        rows("check_products", "--due")
    assert provider.calls == []


def test_it_prints_changes_and_failures_for_people(
    products: None, provider: ProviderServer, written: Callable[..., tuple[str, str]]
) -> None:
    provider.default = lambda query: item(query["num_iid"], now() - 60)
    written("check_products", ID, OTHER)
    provider.answers[ID] = item(ID, now() - 30, discount_price=6300, status=1)
    provider.answers[OTHER] = error("4002")
    out, _err = written("check_products", ID, OTHER)
    assert f"{ID}  price: ¥72.00 → ¥63.00\n" in out
    assert f"{ID}  status: on sale → off shelf\n" in out
    assert f"{OTHER}  provider_error 4002\n" in out
    assert out.splitlines()[-1] == "2 products checked: 1 ok, 1 provider_error."
