"""Tables in uploaded files: as spreadsheets write them, damaged and hostile ones."""

import zipfile
from collections.abc import Iterable
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from monitor.provider.links import Problem
from monitor.watching.uploads.files import (
    LARGEST_FILE,
    LONGEST_CELL,
    LONGEST_ROW,
    MOST_ROWS,
    Refusal,
    UnreadableUpload,
    read_table,
)
from monitor.watching.uploads.lines import read_rows

ID = 3514453298386183303


TABLE = f"商品ID,名称\n{ID},磨毛衬衫\n{ID + 1},衬衫\n"
NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
STRINGS_TYPE = (
    '<Override PartName="/xl/sharedStrings.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
)
SHEET = f"<worksheet {NAMESPACE}><sheetData>{{}}</sheetData></worksheet>"


def workbook(rows: Iterable[Iterable[Any]]) -> bytes:
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(list(row))
    return saved(book)


def saved(book: Workbook) -> bytes:
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def with_sheet(sheet: str, strings: str | None = None) -> bytes:
    """Return a workbook whose sheet, and whose shared strings, are the given XML."""
    parts = parts_of(workbook([["a"]]))
    parts["xl/worksheets/sheet1.xml"] = sheet
    if strings is not None:
        parts["xl/sharedStrings.xml"] = strings
        types = parts["[Content_Types].xml"]
        parts["[Content_Types].xml"] = types.replace("</Types>", f"{STRINGS_TYPE}</Types>")
    return packed(parts)


def parts_of(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def packed(parts: dict[str, str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def of_a_later_zip(data: bytes) -> bytes:
    """Return a workbook that says one needs a later version of ZIP to read it."""
    at = data.index(b"PK\x01\x02") + len(b"PK\x01\x02") + 2
    return data[:at] + bytes([99]) + data[at + 1 :]


def one_text_in_many_cells(text: str, rows: int, columns: int) -> bytes:
    """Return a small workbook whose cells all refer to one shared string."""
    row = "<row>" + '<c t="s"><v>0</v></c>' * columns + "</row>"
    return with_sheet(SHEET.format(row * rows), f"<sst {NAMESPACE}><si><t>{text}</t></si></sst>")


def read(data: bytes) -> list[tuple[int, list[str]]]:
    return [(number, list(cells)) for number, cells in read_table(data)]


def products(data: bytes) -> list[tuple[int, str | None, Problem | None]]:
    return [(line.number, line.num_iid, line.problem) for line in read_rows(read_table(data))]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "gbk", "gb18030"]
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_it_reads_the_encodings_and_separators_of_spreadsheets(
    encoding: str, separator: str
) -> None:
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    data = (mark + TABLE.replace(",", separator)).encode(encoding)
    assert products(data) == [(2, str(ID), None), (3, str(ID + 1), None)]


def test_the_separator_that_excel_names_is_used() -> None:
    assert read(f"sep=|\nname|id\n衬衫|{ID}\n".encode()) == [
        (2, ["name", "id"]),
        (3, ["衬衫", str(ID)]),
    ]


def test_a_quoted_cell_goes_on_over_lines_and_rows_keep_their_numbers() -> None:
    data = f'商品ID,名称\n{ID},"two\nlines, ""quoted"""\n{ID + 1},c\n'.encode()
    assert read(data)[1:] == [(2, [str(ID), 'two\nlines, "quoted"']), (4, [str(ID + 1), "c"])]


def test_an_open_quote_spoils_no_other_row() -> None:
    rows = [
        f'{ID + number},"衬衫' if number == 3 else f"{ID + number},衬衫" for number in range(100)
    ]
    assert products("\n".join(rows).encode()) == [
        (number + 1, str(ID + number), None) for number in range(100)
    ]


def test_a_workbook_keeps_its_row_numbers_and_its_texts() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["B2"], sheet["C2"] = "商品ID", "价格"
    sheet["B7"], sheet["C7"] = str(ID), 72.5
    assert read(saved(book)) == [
        (2, ["", "商品ID", "价格"]),
        (7, ["", str(ID), "72.5"]),
    ]


@pytest.mark.parametrize("value", [float(ID), 3514453298386180000, 3514453298386183200])
def test_a_number_that_excel_has_rounded_is_refused(value: float) -> None:
    assert products(workbook([["商品ID"], [value]])) == [(2, None, Problem.ROUNDED)]


def test_a_long_exact_number_is_read() -> None:
    assert products(with_sheet(SHEET.format(f'<row r="1"><c r="A1"><v>{ID}</v></c></row>'))) == [
        (1, str(ID), None)
    ]


def test_the_first_visible_sheet_is_read() -> None:
    book = Workbook()
    assert book.active is not None
    book.active["A1"] = "hidden"
    book.active.sheet_state = "hidden"
    book.create_sheet("second")["A1"] = str(ID)
    book.create_sheet("third")["A1"] = str(ID + 1)
    assert products(saved(book)) == [(1, str(ID), None)]


def test_texts_in_the_cell_and_in_pieces_are_read() -> None:
    inline = (
        '<row><c t="inlineStr"><is><r><t>3514453298</t></r><r><t>386183303</t></r></is></c></row>'
    )
    assert read(with_sheet(SHEET.format(inline))) == [(1, [str(ID)])]


def test_a_formula_has_its_stored_value_and_an_empty_cell_its_column() -> None:
    row = '<row><c t="str"><f>A2</f><v>商品ID</v></c><c><f>A3</f><v>7</v></c><c><f>A4</f></c></row>'
    assert read(with_sheet(SHEET.format(row))) == [(1, ["商品ID", "7"])]
    lines = read_rows(read_table(workbook([["名称", "商品ID"], ["裙子", None]])))
    assert [(line.number, line.column, line.problem) for line in lines] == [(2, 2, Problem.EMPTY)]


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00\xff\xff", Refusal.NOT_TEXT),
        (b"\xff\xfe\x00\xd8\x00\xd8", Refusal.NOT_TEXT),
        (b"%PDF-1.7 ...", Refusal.PDF),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Refusal.OLD_EXCEL),
        (b"PK\x03\x04 and no more", Refusal.BROKEN_WORKBOOK),
        (with_sheet("no XML"), Refusal.BROKEN_WORKBOOK),
        (of_a_later_zip(with_sheet(SHEET)), Refusal.BROKEN_WORKBOOK),
        (b"1" * (LARGEST_FILE + 1), Refusal.LARGE_FILE),
        (b"1\n" * (MOST_ROWS + 1), Refusal.MANY_ROWS),
        (b"1 " * (LARGEST_FILE // 2), Refusal.LONG_ROW),
        (b"1," * (LONGEST_ROW // 2 + 1), Refusal.LONG_ROW),
        (b"1 " * (LONGEST_CELL // 2 + 1), Refusal.LONG_CELL),
        (with_sheet(SHEET.format('<row r="many"/>')), Refusal.BROKEN_WORKBOOK),
        (with_sheet("<worksheet>"), Refusal.BROKEN_WORKBOOK),
        (with_sheet(" " * (40 * 1024 * 1024) + SHEET), Refusal.LARGE_WORKBOOK),
        (
            with_sheet(SHEET.format("<row><c><v>1</v></c></row>" * (MOST_ROWS + 1))),
            Refusal.MANY_ROWS,
        ),
        (one_text_in_many_cells("1 " * 500_000, rows=20, columns=49), Refusal.LONG_CELL),
        (one_text_in_many_cells("1" * LONGEST_CELL, rows=1, columns=49), Refusal.LONG_ROW),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_unreadable_file_is_refused_with_its_reason(data: bytes, refusal: Refusal) -> None:
    with pytest.raises(UnreadableUpload) as refused:
        read(data)
    assert refused.value.refusal == refusal


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        numbers = [number for number, _ in read(data)]
    except UnreadableUpload:
        return
    assert numbers == sorted(set(numbers))


@given(
    st.sampled_from([zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]),
    st.integers(0, 8000),
    st.binary(min_size=1, max_size=8),
)
def test_a_damaged_workbook_is_read_or_refused(method: int, place: int, junk: bytes) -> None:
    data = bytearray(packed(WHOLE, method))
    data[place % len(data) : place % len(data) + len(junk)] = junk
    try:
        read(bytes(data))
    except UnreadableUpload:
        return


WHOLE = parts_of(workbook([["商品ID", "名称"], [str(ID), "磨毛衬衫"]]))
