"""Reading an upload or a pasted text has limits of memory and time: beyond them it is refused."""

import sys
import threading

import pytest

from monitor.provider.links import Problem
from monitor.watching import parsing
from monitor.watching.parsing import read_file, read_pasted, read_sheet
from monitor.watching.uploads.files import MOST_ROWS, Refusal, UnreadableUpload
from monitor.watching.uploads.lines import UploadLine
from tests.models.factories import UserFactory
from tests.polling.threads import at_once
from tests.watching.uploads.test_files import one_text_in_many_cells, workbook

ID = "3514453298386183303"
#: Every cell and row has the greatest allowed length: reading them all takes minutes.
LONG_WORK = one_text_in_many_cells("1 " * 16_383, rows=2000, columns=30)


def refusal_of(data: bytes) -> Refusal:
    with pytest.raises(UnreadableUpload) as refused:
        read_file(data, None)
    return refused.value.refusal


def test_a_file_is_read_with_its_problems() -> None:
    rows = [["名称", "商品ID"], ["衬衫", ID], ["裙子", "12"], ["鞋", ""], ["帽", "没有"]]
    assert read_file(workbook(rows), None) == (
        UploadLine(2, ID, ID, None, 2),
        UploadLine(3, "12", "12", Problem.TOO_SHORT, 2),
        UploadLine(4, "", None, Problem.EMPTY, 2),
        UploadLine(5, "没有", None, Problem.NOT_UNDERSTOOD, 2),
    )


def test_a_file_that_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("READER_SECONDS", "READER_CPU_SECONDS"):
        with monkeypatch.context() as patched:
            patched.setattr(parsing, limit, 1)
            assert refusal_of(LONG_WORK) == Refusal.TOO_COSTLY


def test_a_file_that_takes_too_much_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "READER_BYTES", 64 * 1024 * 1024)
    assert (
        refusal_of(one_text_in_many_cells("x" * 35_000_000, rows=1, columns=1))
        == Refusal.TOO_COSTLY
    )


def test_a_reader_that_dies_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    for program in ("/bin/false", "/bin/true", "/not/there"):
        monkeypatch.setattr(sys, "executable", program)
        assert refusal_of(workbook([[ID]])) == Refusal.TOO_COSTLY


def test_more_products_than_may_be_added_at_once_are_refused() -> None:
    ids = ",".join(str(int(ID) + number) for number in range(MOST_ROWS + 1))
    assert refusal_of(ids.encode()) == Refusal.MANY_PRODUCTS


def test_only_some_files_are_read_at_the_same_time_and_the_next_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parsing, "READER_SECONDS", 3)
    monkeypatch.setattr(parsing, "WAIT_SECONDS", 1)
    begun = threading.Barrier(parsing.READERS + 1)
    refusals: list[Refusal] = []

    def upload() -> None:
        begun.wait()
        refusals.append(refusal_of(LONG_WORK))

    at_once(*[upload] * (parsing.READERS + 1))
    assert sorted(refusals) == sorted([Refusal.BUSY, *[Refusal.TOO_COSTLY] * parsing.READERS])
    assert read_file(workbook([[ID]]), None) == (UploadLine(1, ID, ID),)


@pytest.mark.django_db(transaction=True)
def test_five_slow_files_of_one_user_leave_a_reader_to_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parsing, "READER_SECONDS", 6)
    greedy, merchant = UserFactory.create(), UserFactory.create()
    begun = threading.Barrier(6)
    refusals: list[Refusal] = []

    def upload() -> None:
        begun.wait()
        with pytest.raises(UnreadableUpload) as refused:
            read_file(LONG_WORK, greedy)
        refusals.append(refused.value.refusal)

    def work() -> None:
        begun.wait()
        [line] = read_file(workbook([[ID]]), merchant)
        assert line.num_iid == ID
        [row] = read_sheet(workbook([["ID", "Note"], [ID, "cheap"]]), merchant)
        assert row.values == {"note": "cheap"}
        assert Refusal.TOO_COSTLY not in refusals, "the slow file is still being read"

    at_once(*[upload] * 5, work)
    assert sorted(refusals) == sorted([Refusal.TOO_COSTLY, *[Refusal.ONE_AT_A_TIME] * 4])
    assert read_file(workbook([[ID]]), greedy), "the next one is read"


@pytest.mark.django_db
def test_small_texts_need_no_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "free_readers", threading.BoundedSemaphore(1))
    monkeypatch.setattr(parsing, "WAIT_SECONDS", 0)
    merchant = UserFactory.create()
    with parsing.free_readers:
        assert [line.num_iid for line in read_pasted(ID, merchant)] == [ID]
        assert [
            line.num_iid
            for line in read_file(f"商品ID,名称\n{ID},衬衫".encode("gb18030"), merchant)
        ] == [ID]
        assert [row.values for row in read_sheet(f"ID,Note\n{ID},cheap".encode(), merchant)] == [
            {"note": "cheap"}
        ]
        with pytest.raises(UnreadableUpload) as refused:
            read_file(workbook([[ID]]), merchant)
        assert refused.value.refusal == Refusal.BUSY
