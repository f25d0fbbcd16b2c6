"""An operator's file is added to a list in steps, each row is accounted for, and a refused file saves nothing."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from monitor.admin import imports
from monitor.models import Import, User, Watchlist
from monitor.pages.imports.forms import rows_of
from monitor.uploads.links import read_text
from monitor.watchlists.deletion import delete_for_now
from monitor.watchlists.imports import Source, Target, add_some, start_import
from tests.admin.test_watchlists import form, save
from tests.factories import UserFactory
from tests.story import FIRST_ID, Story
from tests.uploads.test_files import SHEET, one_text_in_many_cells, with_sheet, workbook

pytestmark = pytest.mark.django_db
NEW = [str(FIRST_ID + number) for number in range(100, 100 + 1200)]
MANY = "\n".join(NEW).encode()


def bring(admin: Client, url: Callable[..., str], watchlist: Watchlist, data: bytes, name: str = "goods.csv") -> str:
    """Uploads a file on the list's page and returns the page of its import."""
    return squeezed(save(admin, url(watchlist), {**form(watchlist), "file": SimpleUploadedFile(name, data)}))


def squeezed(page: str) -> str:
    return " ".join(page.split())


def row_counts(page: str) -> dict[str, str]:
    """The numbers of rows by result, as the page labels it."""
    return dict(re.findall(r'<th scope="row">([^<]*)</th><td>([^<]*)</td>', page))


def started(story: Story, *, is_decided: bool = False) -> Import:
    source = Source(lines=tuple(read_text(NEW[0])))
    target = Target(story.watchlist, "", story.watchlist.interval)
    return start_import(story.user, source, target, timezone.now(), is_decided=is_decided)


def go_on(admin: Client, import_: Import) -> str:
    return squeezed(admin.post(f"/admin/monitor/import/{import_.pk}/go-on/", follow=True).content.decode())


def test_every_line_is_counted_by_its_result(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    lines = f"{story.num_iids[0]}\n3514453298386189303\n3514453298386189303\nnonsense\n72"
    page = squeezed(save(admin, url(story.watchlist), form(story.watchlist, lines=lines)))
    assert row_counts(page) == {
        "Added": "1",
        "Already on this list": "1",
        "Duplicate": "1",
        "Doubtful, and not added": "1",
        "Not understood": "1",
        "Total": "5",
    }
    assert '<td class="place">line 4</td><td class="text">nonsense</td><td>no product link or ID' in page
    assert '<td class="place">line 5</td><td class="text">72</td><td>short: product IDs usually' in page
    assert story.watchlist.watches.count() == 2


def test_a_file_is_read_as_on_the_merchants_page(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    assert 'enctype="multipart/form-data"' in admin.get(url(story.watchlist)).content.decode()
    rows: list[list[str | None]] = [["名称", "商品ID"], ["衬衫", "3514453298386189303"], ["裙子", story.num_iids[0]]]
    rows += [["鞋", None], ["帽", "=A1"]]
    page = bring(admin, url, story.watchlist, workbook(rows), "list.xlsx")
    assert (
        row_counts(page)["Added"],
        row_counts(page)["Already on this list"],
        row_counts(page)["Not understood"],
    ) == ("1", "1", "2")
    assert '<td class="place">row 4 column B</td><td class="text"></td><td>empty' in page
    assert '<td class="place">row 5 column B</td>' in page
    assert "a formula without a value" in page
    assert story.watchlist.watches.filter(product__num_iid="3514453298386189303").exists()


def test_a_product_on_another_list_of_the_owner_is_added_too(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    other = Watchlist.objects.create(owner=story.user, name="供应商")
    page = bring(admin, url, other, story.num_iids[0].encode())
    assert row_counts(page)["Added"] == "1"
    assert other.watches.count() == 1


def test_200_faults_are_listed_and_all_can_be_downloaded(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    page = bring(admin, url, story.watchlist, b"".join(b"=junk %d\n" % number for number in range(210)))
    assert row_counts(page)["Not understood"] == "210"
    assert page.count('<td class="place">') == 200
    assert "and 10 more" in page
    response = admin.get(f"/admin/monitor/import/{Import.objects.get().pk}/problems.csv")
    lines = response.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 211
    assert lines[210].startswith("210,,'=junk 209,")


def test_a_large_file_goes_on_step_by_step(
    admin: Client, url: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "STEP", 600)
    story = Story()
    page = bring(admin, url, story.watchlist, MANY)
    assert story.watchlist.watches.count() == 501
    assert "500 of 1,200 products were added" in page
    assert '<progress max="1200" value="500"' in page
    assert row_counts(page)["Waiting to be added"] == "700"
    import_ = Import.objects.get()
    page = go_on(admin, import_)
    assert "1,100 of 1,200 products were added" in page
    assert "data-goes-on" in page
    page = go_on(admin, import_)
    assert "data-goes-on" not in page
    assert (row_counts(page)["Added"], row_counts(page)["Total"]) == ("1,200", "1,200")
    assert "Waiting to be added" not in row_counts(page)
    assert story.watchlist.watches.count() == 1201
    assert row_counts(go_on(admin, import_)) == row_counts(page)


def test_a_crash_half_way_loses_nothing(
    admin: Client, url: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    story = Story()
    with monkeypatch.context() as broken:
        broken.setattr("monitor.watchlists.imports._add", _fail)
        file = SimpleUploadedFile("goods.csv", MANY)
        with pytest.raises(OSError, match="killed"):
            admin.post(url(story.watchlist), {**form(story.watchlist), "file": file, "_save": "Save"})
    import_ = Import.objects.get()
    assert "not finished" in admin.get(url(Import)).content.decode()
    page = squeezed(admin.get(url(import_)).content.decode())
    assert "0 of 1,200 products were added" in page
    assert "data-goes-on" in page
    assert row_counts(go_on(admin, import_))["Added"] == "1,200"
    assert "finished" in admin.get(url(Import)).content.decode()


def _fail(*args: Any) -> bool:
    raise OSError("killed")


def test_no_transaction_is_open_while_rows_are_read_or_added(
    admin: Client, url: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    story, outside = Story(), len(connection.savepoint_ids)
    depths: dict[str, int] = {}

    def spied(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any) -> Any:
            depths[name] = len(connection.savepoint_ids) - outside
            return work(*args)

        return run

    monkeypatch.setattr("monitor.admin.adding.rows_of", spied("reading", rows_of))
    monkeypatch.setattr("monitor.admin.imports.add_some", spied("adding", add_some))
    bring(admin, url, story.watchlist, MANY)
    assert depths == {"reading": 0, "adding": 0}


REFUSED = [
    (b"%PDF-1.7", "This is a PDF."),
    (b"", "There is nothing in this file."),
    (b"7" * (5 * 1024 * 1024 + 1), "The file is larger than 5 MB."),
    (b"PK\x03\x04", "This is no Excel workbook"),
    (with_sheet(SHEET.format("<row>" + "<c/>" * 3_000_001 + "</row>")), "unpacks to too much"),
    (one_text_in_many_cells("1 " * 500_000, rows=20, columns=49), "A cell has more than 32,767 characters."),
    (b"1\n" * 50_001, "more than 50,000 rows"),
]


@pytest.mark.parametrize(
    ("data", "message"), REFUSED, ids=["PDF", "empty", "large", "damaged", "bomb", "long cells", "long"]
)
def test_a_refused_file_saves_nothing_of_its_form(
    admin: Client, url: Callable[..., str], data: bytes, message: str
) -> None:
    story = Story()
    sent = form(story.watchlist, name="Renamed", interval_0="2", lines=NEW[0])
    sent |= {"rules-0-DELETE": "on", "file": SimpleUploadedFile("list.csv", data), "_save": "Save"}
    response = admin.post(url(story.watchlist), sent)
    page = response.content.decode()
    assert response.status_code == 200
    assert message in page[page.index("field-file") :]
    assert "errornote" in page
    assert NEW[0] in page
    kept = Watchlist.objects.get()
    assert (kept.name, kept.interval, kept.rules.count(), kept.watches.count()) == ("对手", timedelta(hours=1), 3, 1)
    assert not Import.objects.exists()


def test_a_refused_file_creates_no_list(admin: Client, url: Callable[..., str]) -> None:
    owner = UserFactory.create()
    sent = {"owner": str(owner.pk), "name": "竞品", "interval_0": "30", "interval_1": "minutes", "priority": "2"}
    members = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    file = SimpleUploadedFile("list.csv", b"7" * (5 * 1024 * 1024 + 1))
    page = admin.post(url(Watchlist, "add"), {**sent, **members, "file": file, "_save": "Save"}).content.decode()
    assert "The file is larger than 5 MB." in page
    assert not Watchlist.objects.exists()


def test_a_file_beside_another_fault_has_to_be_chosen_again(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    sent = {**form(story.watchlist, name=""), "file": SimpleUploadedFile("list.csv", MANY), "_save": "Save"}
    assert "Choose the file again" in admin.post(url(story.watchlist), sent).content.decode()
    assert not Import.objects.exists()


def test_no_product_is_added_to_a_deleted_list(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    delete_for_now(story.watchlist, timezone.now())
    sent = {**form(story.watchlist, lines=NEW[0]), "_save": "Save"}
    assert "Restore it before adding products." in admin.post(url(story.watchlist), sent).content.decode()
    assert not Import.objects.exists()


def test_an_import_whose_list_is_gone_says_where_it_stopped(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    bring(admin, url, story.watchlist, MANY)
    import_ = Import.objects.get()
    delete_for_now(story.watchlist, timezone.now())
    page = go_on(admin, import_)
    assert "Stopped: the watchlist was deleted or changed owners." in page
    assert "500 of 1,200 products were added" in page
    assert "data-goes-on" not in page
    delete_page = admin.post(url(story.watchlist, "delete"), {"post": "yes"}, follow=True)
    assert delete_page.status_code == 200
    assert "data-goes-on" not in admin.get(url(import_)).content.decode()


def test_only_the_merchant_confirms_their_draft(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    import_ = started(story)
    page = go_on(admin, import_)
    assert "Not confirmed yet" in page
    assert "data-goes-on" not in page
    assert story.watchlist.watches.count() == 1


def test_the_form_in_a_popup_has_no_file_field(admin: Client, url: Callable[..., str]) -> None:
    page = admin.get(url(Watchlist, "add"), {"_popup": "1"}).content.decode()
    assert 'name="name"' in page
    assert 'name="file"' not in page


@pytest.mark.parametrize(("right", "status"), [("change_watchlist", 200), ("view_watchlist", 403)])
def test_continuing_an_import_needs_the_right_to_change_watchlists(
    client: Client, url: Callable[..., str], right: str, status: int
) -> None:
    import_ = started(Story(), is_decided=True)
    helper = User.objects.create_user("helper@example.com", "a-password", is_staff=True)
    helper.user_permissions.add(Permission.objects.get(codename=right))
    client.force_login(helper)
    assert client.get(url(import_)).status_code == status
    assert client.get(f"/admin/monitor/import/{import_.pk}/problems.csv").status_code == status
    assert client.post(f"/admin/monitor/import/{import_.pk}/go-on/", follow=True).status_code == status
    assert client.get(f"/admin/monitor/import/{import_.pk}/go-on/").status_code == 405


def test_its_page_takes_as_many_queries_for_many_rows_as_for_few(admin: Client, url: Callable[..., str]) -> None:
    counts = []
    for data in (b"1\nx", MANY + b"\nx\ny\n12"):
        story = Story(email=f"merchant{len(data)}@example.com")
        bring(admin, url, story.watchlist, data)
        with CaptureQueriesContext(connection) as captured:
            admin.get(url(Import.objects.latest("pk")))
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 14
