"""`check_products`: real calls to a server on this machine, in this process."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from monitor.models import ProviderAccount, UsageDay, User
from monitor.watching.services import add_products, create_watchlist
from tests.provider.servers import ProviderServer, error, item

ID = "3514453298386183303"
OTHER = "7000000000000000001"


@pytest.fixture
def products(merchant: User) -> None:
    """Two watched products, the first being the provider's own sample."""
    add_products(create_watchlist(merchant, "竞品"), [ID, OTHER], timezone.now())


def now() -> int:
    return int(timezone.now().timestamp())


def test_it_checks_all_and_prints_how_each_check_ended(
    products: None, provider: ProviderServer, capsys: pytest.CaptureFixture[str]
) -> None:
    provider.answers[ID] = item(ID, now())
    provider.answers[OTHER] = error("4002")
    call_command("check_products", "--due")
    *lines, last = capsys.readouterr().out.splitlines()
    assert {line.strip() for line in lines} == {f"{ID}  ok 0000", f"{OTHER}  provider_error 4002"}
    assert last == "Checked: 1 ok, 1 provider_error."
    assert len(provider.calls) == UsageDay.objects.get().reserved == 2


def test_it_checks_the_others_when_some_ids_are_wrong(
    products: None, provider: ProviderServer, capsys: pytest.CaptureFixture[str]
) -> None:
    provider.default = lambda query: item(query["num_iid"], now())
    with pytest.raises(CommandError, match=r"Nobody has imported 12, 3514x, ٣\."):
        call_command("check_products", "12", "3514x", ID, "٣")
    assert capsys.readouterr().out.splitlines()[-1] == "Checked: 1 ok."


@pytest.mark.parametrize("arguments", [(), ("--due", ID)])
def test_it_refuses_a_call_that_names_no_products_or_too_many_options(
    products: None, provider: ProviderServer, arguments: tuple[str, ...]
) -> None:
    with pytest.raises(CommandError, match="Say what to check"):
        call_command("check_products", *arguments)
    assert provider.calls == []


def test_it_checks_nothing_while_an_operator_has_stopped_all_polling(
    products: None, provider: ProviderServer
) -> None:
    ProviderAccount.objects.create(halted_at=timezone.now())
    with pytest.raises(CommandError, match="An operator has stopped all checks"):
        call_command("check_products", "--due")
    assert provider.calls == []
