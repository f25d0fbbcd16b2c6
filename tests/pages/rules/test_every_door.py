"""What a rule may be holds whoever makes it: the page, a program, a sheet, a target price or an
operator."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from monitor.models import Alert, Rule, User, Watch, Watchlist
from monitor.watching import bulk
from monitor.watching.services import create_watchlist
from monitor.watching.targets import set_targets
from tests.admin.test_rules import with_rule
from tests.api import Program
from tests.models.factories import NOW, WatchFactory, WatchlistFactory
from tests.pages.rules.rule_forms import post
from tests.polling.story import Story

pytestmark = pytest.mark.django_db
MOST = 4


@pytest.fixture
def watch(merchant: User, watchlist: Watchlist, settings: Settings) -> Watch:
    """A product on a list without rules, beside another user: the limit of rules applies."""
    settings.PERSON_RULES = MOST
    WatchlistFactory.create(name="Of another user")
    watchlist.rules.all().delete()
    return WatchFactory.create(watchlist=watchlist)


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("operator@example.com", "a-password"))
    return client


def by_page(number: int, watch: Watch, *, web: Client, **clients: Client) -> None:
    text = post(web, watch.watchlist, kind="price_fell_by", threshold=str(number))
    assert ("There are 4 rules, the most there can be: change one." in text) is (number > MOST)


def by_api(number: int, watch: Watch, **clients: Client) -> None:
    body = {"kind": "price_fell_by", "threshold": 100 * number}
    program = Program.of(watch.watchlist.owner, scope="write")
    answer = program.send("POST", f"/watchlists/{watch.watchlist_id}/rules", body)
    assert answer.status_code == (201 if number <= MOST else 409)


def by_admin(number: int, watch: Watch, *, admin: Client, **clients: Client) -> None:
    page = reverse("admin:monitor_watchlist_change", args=[watch.watchlist_id])
    rule = with_rule(watch.watchlist, kind="price_fell_by", threshold=str(number))
    admin.post(page, {**rule, "_save": "Save"})


@pytest.mark.parametrize("door", [by_page, by_api, by_admin])
def test_six_calls_make_as_many_rules_as_a_list_may_have(
    web: Client, admin: Client, watch: Watch, door: Callable[..., None]
) -> None:
    for number in range(1, 7):
        door(number, watch, web=web, admin=admin)
    assert watch.watchlist.rules.count() == MOST


def target_by_api(watch: Watch, **clients: Client) -> None:
    path = f"/watchlists/{watch.watchlist_id}/watches/{watch.product.num_iid}"
    Program.of(watch.watchlist.owner, scope="write").send("PATCH", path, {"target_price": 5000})


def target_by_sheet(watch: Watch, *, web: Client, **clients: Client) -> None:
    text = f"Product ID,Target price\n{watch.product.num_iid},50\n"
    file = SimpleUploadedFile("sheet.csv", text.encode())
    address = web.post("/products/sheet/", {"file": file}).headers["Location"]
    web.post(address)


def target_by_page(watch: Watch, *, web: Client, **clients: Client) -> None:
    web.post(f"/watches/{watch.pk}/values/", {f"watch-{watch.pk}-target": "50"})


DOORS: list[Callable[..., None]] = [target_by_page, target_by_api, target_by_sheet]


def target_before_a_move(watch: Watch, **clients: Client) -> None:
    set_targets({watch.pk: 5000}, NOW)
    other = create_watchlist(watch.watchlist.owner, "Other")
    other.rules.all().delete()
    Rule.objects.create(watchlist=other, kind="price_changed")
    bulk.move([watch.pk], other, NOW)


@pytest.mark.parametrize("door", [*DOORS, target_before_a_move])
def test_a_product_with_a_target_price_goes_on_following_its_list(
    admin: Client, door: Callable[..., None]
) -> None:
    story, web = Story(), Client()
    story.hears()
    web.force_login(story.user)
    door(Watch.objects.get(), web=web, admin=admin)
    story.hears(price=6500)
    assert [alert.rule_as_it_was["kind"] for alert in Alert.objects.all()] == ["price_changed"]
    story.hears(price=4900)
    assert Alert.objects.filter(rule__is_target=True).count() == 1


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("there", [MOST - 1, MOST])
def test_a_target_price_is_one_of_the_rules_of_its_product(
    web: Client, admin: Client, watch: Watch, door: Callable[..., None], there: int
) -> None:
    for number in range(there):
        Rule.objects.create(
            watchlist=watch.watchlist, watch=watch, kind="price_rose_by", threshold=100 + number
        )
    door(watch, web=web, admin=admin)
    assert watch.rules.count() == MOST
    assert watch.rules.filter(kind="price_below").exists() is (there < MOST)
