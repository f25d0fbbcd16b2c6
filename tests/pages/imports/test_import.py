"""Adding products: the box, the preview of what has to be decided, the result, and the first
checks."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django.fixtures import Settings

from monitor.judging.changes import ProductState
from monitor.judging.doubts import Doubt, suspicion
from monitor.models import Import, Product, ProviderAccount, UsageDay, User, Watch, Watchlist
from monitor.models.usage import provider_day
from monitor.models.watchlists import NAME_TAKEN
from monitor.pages.imports import reads
from monitor.polling.recording.heartbeat import beat
from monitor.provider.observation import Observation, Status
from tests.models.factories import (
    NOW,
    MembershipFactory,
    ProductFactory,
    WatchFactory,
    WatchlistFactory,
)
from tests.models.statements import queries_of_page
from tests.pages import HTMX
from tests.pages.imports.importing import (
    ADD,
    LINK,
    ONE,
    THREE,
    TWO,
    add,
    look,
    paste,
    squeezed,
)

pytestmark = pytest.mark.django_db


def test_the_preview_shows_what_has_to_be_decided_and_saves_nothing(
    web: Client, watchlist: Watchlist
) -> None:
    watch = WatchFactory.create(
        watchlist=watchlist, product=ProductFactory.create(num_iid=THREE, title="Known shirt")
    )
    text = (
        f"{ONE}\nshirt <b>\n{LINK}\nhttps://v.douyin.com/abc/\n{ONE}\n{watch.product.num_iid}\n123"
    )
    page = squeezed(look(web, paste(web, text, watchlist)))
    assert "2 products for “Rivals”" in page
    assert "1 is on the list already." in page
    assert "2 were not understood" in page
    assert "shirt &lt;b&gt;" in page
    assert "open this short link in a browser and copy the long link" in page
    assert "line 4" in page
    assert "1 is doubtful" in page
    assert "product IDs usually have 19 digits" in page
    assert ONE not in page
    assert "Known shirt" not in page
    assert Watch.objects.count() == 1
    assert Product.objects.count() == 1


def test_plain_new_products_are_added_at_once(web: Client, watchlist: Watchlist) -> None:
    there = WatchFactory.create(watchlist=watchlist).product.num_iid
    page = squeezed(look(web, paste(web, f"{ONE}\n{LINK}\n{ONE}\n{there}", watchlist)))
    assert "2 products added to “Rivals”" in page
    assert "+48 checks a day" in page
    assert "1 was there already." in page
    assert watchlist.watches.count() == 3


def test_an_import_that_needs_too_many_checks_is_not_added_at_once(
    web: Client, watchlist: Watchlist, settings: Settings
) -> None:
    settings.PROVIDER_DAILY_CALLS = 20
    page = look(web, paste(web, ONE, watchlist))
    assert "All lists need 4 checks a day more than the budget: checks will be late." in page
    assert not Watch.objects.exists()


def test_a_product_of_another_list_is_added_to_this_one_too(
    web: Client, merchant: User, watchlist: Watchlist
) -> None:
    product = WatchFactory.create(watchlist=WatchlistFactory.create(owner=merchant)).product
    page = squeezed(look(web, paste(web, f"{ONE}\n{product.num_iid}", watchlist)))
    assert "2 products added to “Rivals”" in page
    assert "at least +24 checks a day" in page
    assert product.watches.count() == 2


def test_doubtful_ids_are_added_only_if_the_user_says_so(web: Client, watchlist: Watchlist) -> None:
    address = paste(web, f"{ONE}\n12", watchlist)
    page = squeezed(look(web, address))
    assert "Add 1 product" in page
    assert "Add also 1 doubtful one" in page
    assert "1 product added" in squeezed(add(web, address))
    again = paste(web, f"{TWO}\n12", watchlist)
    assert "2 products added" in squeezed(add(web, again, doubtful="1"))
    ids = {ONE, TWO, "12"}
    assert set(watchlist.watches.values_list("product__num_iid", flat=True)) == ids


def test_after_adding_the_page_shows_the_first_checks(web: Client, watchlist: Watchlist) -> None:
    address = paste(web, f"{ONE}\n{TWO}\nnonsense", watchlist)
    page = squeezed(add(web, address))
    assert "2 products added to “Rivals”" in page
    assert "0 of 2 checked" in page
    assert 'data-refresh-every="3"' in page
    assert "1 was not understood" in page
    assert set(watchlist.watches.values_list("product__num_iid", flat=True)) == {ONE, TWO}
    assert set(Product.objects.due(NOW).values_list("num_iid", flat=True)) == {ONE, TWO}
    add(web, address)
    assert watchlist.watches.count() == 2


def test_the_first_import_makes_a_list_with_the_default_rules(web: Client, merchant: User) -> None:
    assert "My products" in look(web, ADD)
    paste(web, ONE, interval=600)
    watchlist = Watchlist.objects.get(owner=merchant)
    assert (watchlist.name, watchlist.rules.count(), watchlist.interval) == (
        "My products",
        4,
        timedelta(minutes=10),
    )
    assert watchlist.watches.get().interval is None


SHORT = "https://v.douyin.com/AbC/"


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"text": ONE}, ONE),
        ({"text": f"衬衫 {SHORT}", "url": SHORT, "title": "衬衫"}, f"衬衫 {SHORT}"),
        (
            {"text": "</textarea><b hx-post=/logout/>"},
            "&lt;/textarea&gt;&lt;b hx-post=/logout/&gt;",
        ),
        ({"text": "1" * 20_000}, "1" * 10_000),
    ],
)
def test_the_bookmarklet_and_the_share_sheet_fill_the_box_and_add_nothing(
    web: Client, watchlist: Watchlist, query: dict[str, str], text: str
) -> None:
    box = web.get(ADD, query).content.decode().partition("</textarea>")[0].rpartition(">")[2]
    assert box.strip() == text
    assert not Import.objects.exists()


def test_the_progress_of_the_first_checks(web: Client, watchlist: Watchlist) -> None:
    address = paste(web, "\n".join(str(int(ONE) + number) for number in range(10)), watchlist)
    add(web, address)
    beat("one@host", "stand_by", NOW)
    Import.objects.update(saved_at=NOW - timedelta(minutes=2))
    keys = list(Product.objects.order_by("num_iid").values_list("pk", flat=True))
    Product.objects.filter(pk__in=keys[:3]).update(
        checked_at=NOW, answered_at=NOW, title="Checked shirt", price=7200
    )
    Product.objects.filter(pk=keys[3]).update(
        checked_at=NOW, failing_since=NOW, last_outcome="timeout"
    )
    page = squeezed(look(web, address))
    assert "4 of 10 checked" in page
    assert 'value="4"' in page
    assert 'First check failed <span class="quiet num">1</span>' in page
    Product.objects.update(checked_at=NOW, answered_at=NOW, failing_since=None)
    page = look(web, address)
    assert "All checked." in page
    assert "data-refresh-every" not in page


def test_a_first_check_that_found_nothing_is_not_the_last_word(
    web: Client, watchlist: Watchlist
) -> None:
    address = paste(web, f"{ONE}\n{TWO}", watchlist)
    add(web, address)
    first = Observation(num_iid=ONE, data_time=NOW, status=Status.NOT_FOUND)
    odd = suspicion(ProductState(), first)
    assert odd is not None
    again = NOW + timedelta(minutes=1)
    doubted = {
        "doubt": Doubt.of(odd, first, NOW).dump(),
        "doubted_at": NOW,
        "last_outcome": "doubtful",
    }
    product = Product.objects.filter(num_iid=ONE)
    product.update(checked_at=NOW, answered_at=NOW, next_check_at=again, **doubted)
    page = squeezed(look(web, address))
    assert "0 of 2 checked" in page
    assert "data-refresh-every" in page
    assert "to be confirmed" in look(web, f"/products/?watchlist={watchlist.pk}")
    assert "Its first check is repeated before anything is shown." in look(web, f"/products/{ONE}/")
    Product.objects.update(checked_at=NOW, data_time=NOW, doubt=None, doubted_at=None)
    assert "All checked." in look(web, address)


@pytest.mark.parametrize(
    ("happens", "expected"),
    [
        ("nothing", "No checks are running"),
        ("budget", "these go on at midnight in China."),
        ("pause", "This list is paused"),
    ],
)
def test_it_says_why_there_are_no_checks(
    web: Client, watchlist: Watchlist, happens: str, expected: str
) -> None:
    address = paste(web, ONE, watchlist)
    assert expected not in add(web, address)
    Import.objects.update(saved_at=NOW - timedelta(minutes=1))
    if happens == "budget":
        UsageDay.objects.create(day=provider_day(NOW), reserved=11_000)
        ProviderAccount.objects.get_or_create(pk=1)
    if happens == "pause":
        Watchlist.objects.update(is_paused=True)
    assert expected in look(web, address)


def test_undo_removes_the_added_products(web: Client, watchlist: Watchlist) -> None:
    there = WatchFactory.create(watchlist=watchlist)
    address = paste(web, f"{ONE}\n{there.product.num_iid}", watchlist)
    add(web, address)
    page = squeezed(web.post(f"{address}undo/", follow=True).content.decode())
    assert "Undone: 1 product<" in page
    assert f'href="{ADD}?again={Import.objects.get().pk}"' in page
    assert f'href="/products/?list={watchlist.pk}"' in page
    assert list(watchlist.watches.all()) == [there]
    assert web.post(f"{address}undo/").status_code == 404
    assert web.post(address).status_code == 302
    assert list(watchlist.watches.all()) == [there]


def test_the_pasted_text_is_in_the_form_again(web: Client, watchlist: Watchlist) -> None:
    address = paste(web, f"{ONE}\nnonsense", watchlist)
    key = Import.objects.get().pk
    assert f"?again={key}" in look(web, address)
    assert f"{ONE}\nnonsense</textarea>" in look(web, f"{ADD}?again={key}")
    assert (
        f"{ONE}\nnonsense</textarea>"
        in web.post(ADD, {"text": f"{ONE}\nnonsense", "watchlist": "x"}).content.decode()
    )


def test_of_many_odd_rows_the_first_are_shown(
    web: Client, watchlist: Watchlist, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads, "SHOWN", 5)
    page = look(web, paste(web, " ".join(map(str, range(1001, 1021))), watchlist))
    assert "20 are doubtful" in page
    assert page.count("short: product IDs") == 5
    assert "and 15 more" in page


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"text": ""}, "Paste at least one link or ID, or choose a file."),
        ({"text": ONE, "watchlist": "new", "list_name": " "}, "This field cannot be blank."),
        (
            {"text": ONE, "watchlist": "new", "list_name": "https://evil.test"},
            "Leave out web addresses",
        ),
        ({"text": ONE, "watchlist": "new", "list_name": "rivals"}, NAME_TAKEN),
        ({"text": ONE, "watchlist": "999"}, "Select a valid choice"),
    ],
)
def test_errors_are_shown_in_the_form(
    web: Client, watchlist: Watchlist, fields: dict[str, str], complaint: str
) -> None:
    page = web.post(ADD, {"watchlist": str(watchlist.pk), **fields}).content.decode()
    assert str(complaint) in page
    assert not Import.objects.exists()


def test_the_list_in_the_address_is_selected_or_that_of_the_latest_import(
    web: Client, merchant: User, watchlist: Watchlist
) -> None:
    other = WatchlistFactory.create(owner=merchant, name="A first one")
    assert f'<option value="{watchlist.pk}" selected' in look(web, f"{ADD}?list={watchlist.pk}")
    for odd in ("x", "999999999999999999999"):
        assert f'<option value="{other.pk}" selected' in look(web, f"{ADD}?list={odd}")
    paste(web, ONE, watchlist)
    assert f'<option value="{watchlist.pk}" selected' in look(web, ADD)


def test_a_former_editor_cannot_undo_an_import(web: Client, merchant: User) -> None:
    shared = WatchlistFactory.create(name="Shared")
    membership = MembershipFactory.create(watchlist=shared, user=merchant, role="editor")
    address = paste(web, ONE, shared)
    add(web, address)
    assert shared.watches.count() == 1
    membership.delete()
    assert "you may no longer edit it" in web.post(f"{address}undo/").content.decode()
    assert shared.watches.count() == 1


def test_an_htmx_request_gets_the_next_step_and_its_address(
    web: Client, watchlist: Watchlist
) -> None:
    response = web.post(ADD, {"text": f"{ONE}\n12", "watchlist": watchlist.pk}, headers=HTMX)
    address = f"{ADD}{Import.objects.get().pk}/"
    assert response.headers["HX-Push-Url"] == address
    text = response.content.decode()
    assert text.lstrip().startswith('<div id="step"')
    assert "<!doctype" not in text
    assert "0 of 1 checked" in web.post(address, headers=HTMX).content.decode()


def test_more_rows_take_no_more_queries(web: Client, watchlist: Watchlist) -> None:
    few = paste(web, f"{ONE}\n12\nnonsense", watchlist)
    many = paste(
        web,
        "\n".join([*(str(int(ONE) + number) for number in range(60)), "12", "nonsense"]),
        watchlist,
    )
    assert queries_of_page(web, few) == queries_of_page(web, many) <= 12
    add(web, few)
    add(web, many)
    Import.objects.update(saved_at=NOW - timedelta(minutes=1))
    assert queries_of_page(web, few) == queries_of_page(web, many) <= 14


def test_problems_of_a_file_are_named_by_row_and_column(web: Client, watchlist: Watchlist) -> None:
    table = f"名称,商品ID\n衬衫,{ONE}\n裙子,3.51445E+18\n".encode("gbk")
    address = paste(web, "", watchlist, file=SimpleUploadedFile("products.csv", table))
    page = squeezed(look(web, address))
    assert "1 product for “Rivals”" in page
    assert "row 3 column B" in page
    assert "rounded by a spreadsheet" in page
