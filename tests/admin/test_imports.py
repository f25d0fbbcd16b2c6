"""An operator puts products on a merchant's list: they are read as on the merchant's page, and
every row is counted."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from monitor.admin import watchlists
from monitor.models import AuditEvent, Import, Watchlist
from monitor.pages.imports import forms
from monitor.uploads.links import read_text
from monitor.watchlists import imports
from monitor.watchlists.deletion import delete_for_now
from monitor.watchlists.imports import Source, Target, start_import
from monitor.watchlists.reading import read_pasted
from tests.story import FIRST_ID, Story
from tests.uploads.test_files import workbook

pytestmark = pytest.mark.django_db
NEW = [str(FIRST_ID + number) for number in range(100, 105)]
MANY = "\n".join(NEW)


def add(
    admin: Client, watchlist: Watchlist, text: str = "", file: SimpleUploadedFile | None = None
) -> str:
    """Send the form; return the page of the import, or the form with its errors."""
    data = {"text": text, **({"file": file} if file else {})}
    address = f"/admin/monitor/watchlist/{watchlist.pk}/add-products/"
    return admin.post(address, data, follow=True).content.decode()


def row_counts(page: str) -> dict[str, str]:
    """Return the numbers of rows by result, as the page labels it."""
    results = re.search(r'field-results.*?"readonly">(.*?)</div>', page, re.DOTALL)
    assert results
    return dict(line.split(": ") for line in results[1].split("<br>"))


def started(story: Story, *, is_decided: bool = False) -> Import:
    source = Source(lines=tuple(read_text(NEW[0])))
    target = Target(story.watchlist, "", story.watchlist.interval)
    return start_import(story.user, source, target, timezone.now(), is_decided=is_decided)


def test_every_line_is_counted_by_its_result(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    assert (
        f"/watchlist/{story.watchlist.pk}/add-products/"
        in admin.get(url(story.watchlist)).content.decode()
    )
    text = f"{story.num_iids[0]}\n3514453298386189303\n3514453298386189303\nnonsense\n72"
    page = add(admin, story.watchlist, text)
    assert row_counts(page) == {
        "Added": "1",
        "Already on this list": "1",
        "Duplicate": "1",
        "Doubtful, and not added": "1",
        "Not understood": "1",
        "Total": "5",
    }
    assert "1 wait for the first check, 0 not found, 0 failing" in page
    assert story.watchlist.watches.count() == 2
    entry = LogEntry.objects.get()
    assert (entry.user.email, entry.change_message) == ("operator@example.com", "Added products.")
    event = AuditEvent.objects.get(kind="admin_action")
    assert (event.actor_name, event.subject) == ("operator@example.com", str(story.watchlist))
    faults = (
        admin.get(f"/admin/monitor/import/{Import.objects.get().pk}/problems.csv")
        .getvalue()
        .decode("utf-8-sig")
    )
    assert [line.split(",")[0] for line in faults.splitlines()[1:]] == ["4", "5"]


def test_a_file_is_read_as_on_the_merchants_page(admin: Client) -> None:
    story = Story()
    other = Watchlist.objects.create(owner=story.user, name="供应商")
    rows: list[list[str | None]] = [
        ["名称", "商品ID"],
        ["衬衫", "3514453298386189303"],
        ["裙子", story.num_iids[0]],
    ]
    page = add(
        admin,
        other,
        file=SimpleUploadedFile("list.xlsx", workbook([*rows, ["鞋", None], ["帽", "=A1"]])),
    )
    assert row_counts(page) == {"Added": "2", "Not understood": "2", "Total": "4"}, (
        "Also what is on another list."
    )
    assert other.watches.filter(product__num_iid="3514453298386189303").exists()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"%PDF-1.7", "This is a PDF."),
        (b"", "There is nothing in this file."),
        (None, "Paste at least one link or ID"),
    ],
)
def test_what_cannot_be_read_adds_nothing_and_the_text_stays(
    admin: Client, data: bytes | None, message: str
) -> None:
    story = Story()
    file = None if data is None else SimpleUploadedFile("list.csv", data)
    page = add(admin, story.watchlist, NEW[0] if file else "", file)
    assert message in page
    assert (NEW[0] in page) == bool(file)
    assert not Import.objects.exists()
    assert story.watchlist.watches.count() == 1


def test_a_large_import_is_continued_until_it_is_finished(
    admin: Client, act: Callable[..., str], url: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "STEP", 2)
    story = Story()
    page = add(admin, story.watchlist, MANY)
    assert row_counts(page) == {"Added": "2", "Waiting to be added": "3", "Total": "5"}
    job = Import.objects.get()
    assert "1 import is not finished." in act("go_on", job)
    assert "0 imports are not finished." in act("go_on", job)
    page = admin.get(url(job)).content.decode()
    assert "finished" in page
    assert row_counts(page) == {"Added": "5", "Total": "5"}
    assert story.watchlist.watches.count() == 6


def test_a_crash_half_way_loses_nothing(
    admin: Client, act: Callable[..., str], url: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> bool:
        raise OSError("killed")

    story = Story()
    with monkeypatch.context() as broken:
        broken.setattr(imports, "_add", fail)
        with pytest.raises(OSError, match="killed"):
            add(admin, story.watchlist, MANY)
    job = Import.objects.get()
    assert "not finished" in admin.get(url(Import)).content.decode()
    act("go_on", job)
    assert row_counts(admin.get(url(job)).content.decode())["Added"] == "5"


def test_no_transaction_is_open_while_rows_are_read_or_added(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    story, outside = Story(), len(connection.savepoint_ids)
    depths: dict[str, int] = {}

    def spied(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any) -> Any:
            depths[name] = len(connection.savepoint_ids) - outside
            return work(*args)

        return run

    monkeypatch.setattr(forms, "read_pasted", spied("reading", read_pasted))
    monkeypatch.setattr(watchlists, "add_some", spied("adding", imports.add_some))
    add(admin, story.watchlist, NEW[0])
    assert depths == {"reading": 0, "adding": 0}


def test_a_deleted_list_gets_no_products_and_its_import_says_so(
    admin: Client, act: Callable[..., str], url: Callable[..., str]
) -> None:
    story = Story()
    job = started(story, is_decided=True)
    delete_for_now(story.watchlist, timezone.now())
    assert "add-products" not in admin.get(url(story.watchlist)).content.decode()
    assert (
        admin.get(f"/admin/monitor/watchlist/{story.watchlist.pk}/add-products/").status_code == 404
    )
    assert "1 import is not finished." in act("go_on", job)
    page = admin.get(url(job)).content.decode()
    assert "Stopped: the watchlist was deleted or changed owners." in page
    assert row_counts(page) == {"Waiting to be added": "1", "Total": "1"}


def test_only_the_merchant_confirms_their_draft(act: Callable[..., str]) -> None:
    story = Story()
    assert "not confirmed yet" in act("go_on", started(story))
    assert story.watchlist.watches.count() == 1


@pytest.mark.parametrize(("right", "status"), [("change_watchlist", 200), ("view_watchlist", 403)])
def test_adding_products_needs_the_right_to_change_watchlists(
    operator_with: Callable[..., Client], url: Callable[..., str], right: str, status: int
) -> None:
    story = Story()
    job = started(story, is_decided=True)
    client = operator_with(right)
    address = f"/admin/monitor/watchlist/{story.watchlist.pk}/add-products/"
    for page in (url(job), f"/admin/monitor/import/{job.pk}/problems.csv", address):
        assert client.get(page).status_code == status
    assert client.post(address, {"text": NEW[1]}, follow=True).status_code == status
    client.post(url(Import), {"action": "go_on", "_selected_action": [str(job.pk)]})
    assert story.watchlist.watches.count() == (3 if status == 200 else 1)
