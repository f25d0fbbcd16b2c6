"""`import_products`: good lines are added, bad lines are named, nothing is guessed."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management.base import CommandError
from openpyxl import Workbook

from monitor.models import Product, User, Watch, Watchlist
from monitor.uploads.files import LARGEST_FILE, MOST_ROWS
from tests.commands.conftest import Rows
from tests.uploads.test_files import one_text_in_many_cells

ID = "3514453298386183303"
LINK = f"https://haohuo.jinritemai.com/views/product/item2?id={ID}"
TO = ("--owner", "merchant@example.com", "--watchlist", "竞品")


@pytest.fixture
def lines(tmp_path: Path) -> Callable[..., str]:
    """Writes lines to a file and returns its name."""

    def write(*lines: str, encoding: str = "utf-8") -> str:
        path = tmp_path / "products.csv"
        path.write_bytes("\r\n".join(lines).encode(encoding))
        return str(path)

    return write


def test_it_creates_the_list_and_prints_the_result_of_each_line(
    merchant: User, rows: Callable[..., Rows], lines: Callable[..., str]
) -> None:
    file = lines(
        "商品ID,备注", LINK, "", "磨毛衬衫", ID, "7000000000000000001,好货", "https://v.douyin.com/abc/", "3.51E+18"
    )
    results = rows("import_products", *TO, file)
    assert [(row["line"], row["num_iid"], row["result"]) for row in results] == [
        (2, ID, "added"),
        (4, None, "bad"),
        (5, ID, "already"),
        (6, "7000000000000000001", "added"),
        (7, None, "bad"),
        (8, None, "bad"),
    ]
    assert results[1]["text"] == "磨毛衬衫"
    assert "no product link or ID" in results[1]["reason"]
    assert "short link" in results[4]["reason"]
    assert "column as text" in results[5]["reason"]
    assert results[0]["reason"] is None
    watchlist = Watchlist.objects.get()
    assert (watchlist.owner, watchlist.name) == (merchant, "竞品")
    assert watchlist.rules.count() == 3
    assert Product.objects.watched().count() == 2


def test_it_adds_nothing_the_second_time(merchant: User, rows: Callable[..., Rows], lines: Callable[..., str]) -> None:
    file = lines(ID)
    rows("import_products", *TO, file)
    assert [row["result"] for row in rows("import_products", *TO, file)] == ["already"]
    assert (Watch.objects.count(), Watchlist.objects.count()) == (1, 1)


def test_it_prints_bad_lines_and_the_cost_for_people(
    merchant: User, written: Callable[..., tuple[str, str]], lines: Callable[..., str]
) -> None:
    out, err = written("import_products", *TO, lines(ID, "nonsense", "7000000000000000001"))
    assert out.splitlines() == [
        "2 products added to “竞品”, 0 on it already, 1 line not understood.",
        "Checking this list takes at least 2 calls a day.",
    ]
    assert err.startswith("line 2: 'nonsense': no product link or ID")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_it_reads_the_encodings_of_spreadsheets(
    merchant: User, rows: Callable[..., Rows], lines: Callable[..., str], encoding: str
) -> None:
    results = rows("import_products", *TO, lines("商品编号,名称", f"{ID},磨毛衬衫 𠮷", "没有编号", encoding=encoding))
    assert [(row["line"], row["text"], row["result"]) for row in results] == [
        (2, ID, "added"),
        (3, "没有编号", "bad"),
    ]


def test_short_ids_are_added_on_request(merchant: User, rows: Callable[..., Rows], lines: Callable[..., str]) -> None:
    file = lines("123")
    assert [(row["result"], row["num_iid"]) for row in rows("import_products", *TO, file)] == [("bad", None)]
    assert [row["result"] for row in rows("import_products", *TO, "--doubtful", file)] == ["added"]


def test_it_reads_a_workbook(merchant: User, rows: Callable[..., Rows], tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    book.active.append(["商品ID", "名称"])
    book.active.append([ID, "磨毛衬衫"])
    book.save(tmp_path / "products.xlsx")
    assert [(row["line"], row["result"]) for row in rows("import_products", *TO, str(tmp_path / "products.xlsx"))] == [
        (2, "added")
    ]


def test_it_reads_standard_input(merchant: User, rows: Callable[..., Rows], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(f"{ID}\n{LINK}\n".encode())))
    assert [row["result"] for row in rows("import_products", *TO, "-")] == ["added", "already"]


def test_it_says_how_to_create_the_owner(db: None, rows: Callable[..., Rows], lines: Callable[..., str]) -> None:
    with pytest.raises(CommandError, match=r"createsuperuser --email merchant@example\.com"):
        rows("import_products", *TO, lines(ID))
    assert not Product.objects.exists()


def test_it_finds_the_owner_whatever_the_case(
    merchant: User, rows: Callable[..., Rows], lines: Callable[..., str]
) -> None:
    rows("import_products", "--owner", " Merchant@Example.COM", "--watchlist", "竞品", lines(ID))
    assert Watchlist.objects.get().owner == merchant


def test_no_products_create_no_list(merchant: User, rows: Callable[..., Rows], lines: Callable[..., str]) -> None:
    assert [row["result"] for row in rows("import_products", *TO, lines("nonsense"))] == ["bad"]
    assert rows("import_products", *TO, lines("")) == []
    assert not Watchlist.objects.exists()


@pytest.mark.parametrize("name", ["", "长" * 101])
def test_it_refuses_a_name_that_no_list_can_have(
    merchant: User, rows: Callable[..., Rows], lines: Callable[..., str], name: str
) -> None:
    with pytest.raises(CommandError, match="cannot be called that"):
        rows("import_products", "--owner", merchant.email, "--watchlist", name, lines(ID))
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00\xff\xff", "no text in UTF-8"),
        (b"\xff\xfe\x00\xd8\x00\xd8", "no text in UTF-8"),
        (b"1\n" * (MOST_ROWS + 1), "more than 50,000 rows"),
        (b"1" * (LARGEST_FILE + 1), "larger than 5 MB"),
        (one_text_in_many_cells("1 " * 500_000, rows=20, columns=49), "more than 32,767 characters"),
    ],
    ids=["picture", "broken UTF-16", "too many lines", "too large", "one text in a thousand cells"],
)
def test_it_refuses_a_file_that_it_cannot_read_as_a_list(
    merchant: User, rows: Callable[..., Rows], tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "products"
    path.write_bytes(content)
    with pytest.raises(CommandError, match=message):
        rows("import_products", *TO, str(path))


@pytest.mark.parametrize(
    ("name", "message"), [("missing.csv", "No such file"), (".", "Is a directory"), ("nul\0", "null")]
)
def test_it_says_why_a_file_cannot_be_read(
    merchant: User,
    rows: Callable[..., Rows],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError, match=message):
        rows("import_products", *TO, name)
