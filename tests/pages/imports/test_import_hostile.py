"""Hostile files and texts: errors in the form, limits, and nothing added or charged."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django.fixtures import Settings

from monitor.models import Import, Product, UsageDay, User, Watch, Watchlist
from monitor.watching import parsing
from tests.watching.uploads.test_files import one_text_in_many_cells

pytestmark = pytest.mark.django_db
ID = 3514453298386183303
ADD = "/products/add/"
MEGABYTE = 1024 * 1024


def upload(web: Client, watchlist: Watchlist, data: bytes, name: str = "a.csv") -> str:
    form = {"watchlist": watchlist.pk, "text": "", "file": SimpleUploadedFile(name, data)}
    return web.post(ADD, form, follow=True).content.decode()


@pytest.fixture(autouse=True)
def _nothing_is_added_or_charged(db: None) -> Iterator[None]:
    yield
    assert not Watch.objects.exists()
    assert not Product.objects.exists()
    assert not UsageDay.objects.exists()


def test_a_large_upload_is_refused_and_not_stored(
    web: Client, watchlist: Watchlist, tmp_path: Path, settings: Settings
) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    page = upload(web, watchlist, b"1" * (20 * MEGABYTE))
    assert "The file is larger than 5 MB." in page
    assert "Paste at least one link or ID" not in page
    assert list(tmp_path.iterdir()) == []


@pytest.mark.any_database  # A process of its own reads the file.
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "There is nothing in this file."),
        (b"PK\x03\x04", "This is no Excel workbook"),
        (
            one_text_in_many_cells("1 " * 500_000, rows=20, columns=49),
            "A cell has more than 32,767 characters.",
        ),
    ],
    ids=["empty", "no workbook", "one text in a thousand cells"],
)
def test_it_says_what_is_wrong_with_the_file(
    web: Client, watchlist: Watchlist, data: bytes, expected: str
) -> None:
    page = upload(web, watchlist, data)
    assert expected in page
    assert 'id="id_text"' in page
    assert not Import.objects.exists()


@pytest.mark.any_database
def test_a_file_that_takes_too_long_is_refused_in_the_users_language(
    web: Client, merchant: User, watchlist: Watchlist, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsing, "READER_SECONDS", 1)
    data = one_text_in_many_cells("1 " * 16_383, rows=2000, columns=30)
    assert "This takes too much time or memory to read." in upload(web, watchlist, data)
    merchant.language = "zh-hans"
    merchant.save(update_fields=["language"])
    assert "读取耗时过长或占用内存过多" in upload(web, watchlist, data)


def test_more_than_a_megabyte_is_too_much_to_paste(web: Client, watchlist: Watchlist) -> None:
    response = web.post(ADD, {"watchlist": watchlist.pk, "text": "1 " * MEGABYTE})
    assert response.status_code == 413
    assert "too much to paste" in response.content.decode()


def test_odd_names_and_numbers_in_the_form_do_no_harm(web: Client, watchlist: Watchlist) -> None:
    page = upload(web, watchlist, f"ID\\n{ID}\\n12".encode(), name="../../<script>.csv")
    assert "<script>." not in page
    assert web.get(f"{ADD}?again={'9' * 30}&list={'9' * 30}").status_code == 200
    assert web.get(f"{ADD}?again=0").status_code == 404
    assert web.get(f"{ADD}{10**18}/").status_code == 404
