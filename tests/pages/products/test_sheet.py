"""A merchant downloads products, edits the file in a spreadsheet, uploads it, looks at what
changes, and applies it."""

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook
from pytest_django.fixtures import Settings

from monitor.models import SheetUpdate, User, Watch, Watchlist
from monitor.watching.own_values import save_values
from monitor.watching.tags import set_tags
from tests.models.factories import NOW, MembershipFactory, WatchFactory, WatchlistFactory
from tests.pages.sheets import csv_rows, xlsx_rows

pytestmark = pytest.mark.django_db
EXPORT = "/products/export.csv?sort=title"


@pytest.fixture
def watch(watchlist: Watchlist) -> Watch:
    return WatchFactory.create(watchlist=watchlist, product__title="Shirt")


def as_csv(rows: list[dict[str, Any]], encoding: str = "utf-8-sig") -> bytes:
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode(encoding)


def as_xlsx(rows: list[dict[str, Any]]) -> bytes:
    book, file = Workbook(), io.BytesIO()
    sheet: Any = book.active
    for row in (list(rows[0]), *(list(row.values()) for row in rows)):
        sheet.append(row)
    for cell in (cell for row in sheet for cell in row if cell.data_type == "f"):
        cell.data_type = "s"  # Excel keeps a text that looks like a formula, openpyxl does not.
    book.save(file)
    return file.getvalue()


def upload(web: Client, data: bytes, name: str = "sheet.csv") -> Any:
    """Upload a file; return the preview, or the form with what is wrong."""
    return web.post("/products/sheet/", {"file": SimpleUploadedFile(name, data)}, follow=True)


def upload_rows(web: Client, *rows: dict[str, Any]) -> Any:
    return upload(web, as_csv(list(rows)))


def save(web: Client, preview: Any) -> str:
    """Apply a preview; return the products page."""
    address = (
        preview.redirect_chain[-1][0] if preview.redirect_chain else preview.request["PATH_INFO"]
    )
    return web.post(address, follow=True).content.decode()


def state(watch: Watch) -> tuple[str, list[str], list[tuple[str, int | None]]]:
    """Return the note, the tags, and the own rules of a watch."""
    now = Watch.objects.get(pk=watch.pk)
    return (
        now.note,
        list(now.tags.values_list("name", flat=True)),
        list(now.rules.order_by("pk").values_list("kind", "threshold")),
    )


def row(watch: Watch, **cells: Any) -> dict[str, Any]:
    return {"Product ID": watch.product.num_iid, **cells}


def problems(preview: Any) -> list[tuple[int, str]]:
    return [(row.number, str(words)) for row, words in preview.context["problems"]]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_file_comes_back_edited(web: Client, watch: Watch, ending: str) -> None:
    Watch.objects.filter(pk=watch.pk).update(note="=ours")
    set_tags({watch.pk: ["cotton", "hot"]})
    save_values({watch.pk: {"target": 6990, "cost": 4000, "profit": 1000}}, NOW)
    before = state(watch)
    read, write = (csv_rows, as_csv) if ending == "csv" else (xlsx_rows, as_xlsx)
    [exported] = read(web, f"/products/export.{ending}")
    assert [float(exported[head]) for head in ("Target price", "Cost", "Floor price")] == [
        69.9,
        40,
        50,
    ]
    assert float(exported["Margin %"]) == 44.44
    assert (
        "Nothing changes." in upload(web, write([exported]), f"products.{ending}").content.decode()
    )

    edited = exported | {
        "Target price": "¥59.90",
        "Cost": "45",
        "Wanted profit": "-",
        "Tags": "cotton，new",
        "Note": "Ask Lin",
    }
    preview = upload(web, write([edited]), f"products.{ending}")
    assert state(watch) == before, "A preview changes nothing."
    [(_change, values)] = preview.context["changes"]
    assert [(str(label), old, new) for label, old, new in values] == [
        ("Target price", "¥69.90", "¥59.90"),
        ("Cost", "¥40.00", "¥45.00"),
        ("Wanted profit", "¥10.00", ""),
        ("Tags", "cotton, hot", "cotton, new"),
        ("Note", "=ours", "Ask Lin"),
    ]
    assert "1 product was updated." in save(web, preview)
    assert state(watch) == ("Ask Lin", ["cotton", "new"], [("price_below", 5990)])
    watch.refresh_from_db()
    assert (watch.cost, watch.profit) == (4500, None)
    save(web, upload(web, write([exported]), f"products.{ending}"))
    assert state(watch) == before, "The file from before brings the old values back."


def test_it_says_which_prices_alert_at_once(
    web: Client, watch: Watch, watchlist: Watchlist
) -> None:
    dear = WatchFactory.create(watchlist=watchlist, product__price=99900)
    preview = upload_rows(
        web, row(watch, **{"Target price": "80"}), row(dear, **{"Target price": "80"})
    )
    assert "1 price is below its target already" in preview.content.decode()
    save(web, preview)
    assert list(watchlist.alerts.values_list("product", flat=True)) == [watch.product_id]


def test_a_row_is_about_all_own_lists_or_the_list_that_it_names(
    web: Client, watch: Watch, merchant: User
) -> None:
    other = WatchFactory.create(
        watchlist__owner=merchant, watchlist__name="Coats, dear", product=watch.product
    )
    save(web, upload_rows(web, row(watch, Note="both")))
    assert (state(watch)[0], state(other)[0]) == ("both", "both")
    save(web, upload_rows(web, row(watch, Watchlist="Coats, dear", Note="coats")))
    assert (state(watch)[0], state(other)[0]) == ("both", "coats")
    [exported] = csv_rows(web, EXPORT)
    assert (exported["Watchlists"], exported["Note"]) == ("Coats, dear, Rivals", "")
    [of_list] = csv_rows(web, f"{EXPORT}&list={other.watchlist_id}")
    assert of_list["Note"] == "coats"
    save(web, upload_rows(web, of_list | {"Note": "more"}))
    assert (state(watch)[0], state(other)[0]) == ("both", "more")


def test_bad_rows_say_what_to_do_and_the_others_are_saved(
    web: Client, watch: Watch, watchlist: Watchlist
) -> None:
    good, again = WatchFactory.create(watchlist=watchlist), {"Watchlist": "", "Target price": "1"}
    preview = upload_rows(
        web,
        row(watch, Watchlist="", **{"Target price": "cheap"}),
        row(watch, Watchlist="Nowhere", **{"Target price": "5"}),
        row(good, Watchlist="Rivals", **{"Target price": "５９元"}),
        row(good, **again),
        {"Product ID": "3.51445E+18", **again},
        {"Product ID": "", **again},
    )
    assert [(number, words.partition(":")[0]) for number, words in problems(preview)] == [
        (2, "no price"),
        (3, "the product is not on this watchlist"),
        (5, "the product is on a row above"),
        (6, "rounded by a spreadsheet"),
        (7, "empty"),
    ]
    save(web, preview)
    assert state(good)[2][-1] == ("price_below", 5900)
    assert state(watch)[2] == []


def test_unknown_products_are_offered_to_be_added(web: Client, watch: Watch) -> None:
    stranger = WatchFactory.create()
    preview = upload_rows(web, row(watch, Note="A"), row(stranger, Note="B"))
    text = preview.content.decode()
    assert "1 product is on none of your lists." in text
    assert f"/products/add/?text={stranger.product.num_iid}" in text
    save(web, preview)
    assert state(stranger)[0] == ""


def test_a_viewer_changes_nothing(web: Client, merchant: User) -> None:
    shared = WatchFactory.create(watchlist__name="Shared", note="theirs")
    MembershipFactory.create(watchlist=shared.watchlist, user=merchant)
    preview = upload_rows(web, row(shared, Note="mine"))
    assert problems(preview) == [(2, "you may view this watchlist, not edit it: ask its owner")]
    save(web, preview)
    assert state(shared)[0] == "theirs"


def test_saving_twice_saves_once(web: Client, watch: Watch) -> None:
    preview = upload_rows(web, row(watch, Note="A"))
    save(web, preview)
    Watch.objects.filter(pk=watch.pk).update(note="B")
    save(web, preview)
    assert state(watch)[0] == "B"


@pytest.mark.parametrize(
    ("data", "advice"),
    [
        (b"Title,Note\nShirt,A\n", "There is no column of products."),
        (b"Product ID,Note\n3514453298386183303,\n", "No row has a value."),
        (b"PK\x03\x04 broken", "no Excel workbook"),
    ],
)
def test_a_file_that_cannot_be_used_says_what_to_do(
    web: Client, watch: Watch, data: bytes, advice: str
) -> None:
    assert advice in upload(web, data).content.decode()
    assert not SheetUpdate.objects.exists()


@pytest.mark.parametrize("query", ["tag=gone", "list=999999"])
def test_a_filter_that_no_longer_holds_never_means_all_products(
    web: Client, watch: Watch, query: str
) -> None:
    page = web.post(
        f"/products/many/?{query}", {"act": "remove", "all": "1"}, follow=True
    ).content.decode()
    assert "Nothing was done" in page
    assert Watch.objects.filter(pk=watch.pk).exists()


def test_the_sheets_of_a_day_are_limited(web: Client, watch: Watch, settings: Settings) -> None:
    settings.PERSON_SHEETS = 2
    for note in ("one", "two", "three"):
        assert "you may upload" not in upload_rows(web, row(watch, Note=note)).content.decode()
    WatchlistFactory.create(name="Of another user")
    for note in ("four", "five"):
        upload_rows(web, row(watch, Note=note))
    page = upload_rows(web, row(watch, Note="six")).content.decode()
    assert "You may upload 2 sheets a day: go on tomorrow. The operator can allow you more." in page
    assert SheetUpdate.objects.get().stored_rows[0][3] == {"note": "five"}


def test_a_sheet_larger_than_a_user_may_store_is_refused(
    web: Client, watch: Watch, settings: Settings
) -> None:
    settings.PERSON_IMPORT_ROWS = 5
    WatchlistFactory.create(name="Of another user")
    long = row(watch, Note="long", Watchlists="x" * 1500)
    assert "may have 5 rows" in upload_rows(web, long).content.decode()
