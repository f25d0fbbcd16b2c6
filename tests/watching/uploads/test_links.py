"""Product IDs in pasted texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.provider.links import Problem, find_num_iid
from monitor.watching.uploads.lines import read_rows, read_text

ID, OTHER = "3514453298386183303", "3514453298386183304"
LINK = f"https://haohuo.jinritemai.com/views/product/item2?id={ID}"


@pytest.mark.parametrize(
    "text",
    [
        ID,
        f"https://haohuo.jinritemai.com/views/product/item2?id={ID}",
        f"https://www.douyin.com/product/{ID}",
        f"【抖音商城】https://haohuo.jinritemai.com/views/product/item2?id={ID} 衬衫 长按复制",
        f"HTTPS://HAOHUO.JINRITEMAI.COM/views/product/item2?ID=1&id={ID}",
        f"{ID},衬衫,72.00",
        f"1,{ID},72.00",
        ID.translate({ord("0") + digit: chr(0xFF10 + digit) for digit in range(10)}),
        f'="{ID}"',
        f"{LINK}衬衫",
        f"看{LINK.removeprefix('https://')}",
        f"商品ID：{ID}",
        f"https://evil.test/?id={OTHER} 见 {LINK}",
    ],
)
def test_a_product_id_is_found(text: str) -> None:
    assert find_num_iid(text) == (ID, None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("7.51 复制打开抖音 https://v.douyin.com/iJK8abc/ 衬衫", Problem.SHORT_LINK),
        ("35144532983861833031", Problem.TOO_LONG),
        ("0", Problem.ZERO),
        ("3.51445E+18", Problem.ROUNDED),
        ("衬衫", Problem.NOT_UNDERSTOOD),
        (f"https://evil.test/?id={ID}", Problem.OTHER_SITE),
        (f"https://haohuo.jinritemai.com@evil.test/?id={ID}", Problem.OTHER_SITE),
        (
            "【淘宝】https://m.tb.cn/h.gX1yZ2a?tk=AbCd 「磨毛衬衫」",
            Problem.OTHER_SITE,
        ),
        ("https://detail.1688.com/offer/612345678901.html", Problem.OTHER_SITE),
        ("https://nottaobao.com/?id=1", Problem.OTHER_SITE),
        ("https://www.douyin.com/video/7301234567890123456", Problem.NO_ID_IN_LINK),
        ("https://haohuo.jinritemai.com/views/product/item2?id=0", Problem.NO_ID_IN_LINK),
        ("https://[", Problem.NOT_UNDERSTOOD),
    ],
)
def test_a_text_without_an_id_has_a_reason(text: str, problem: Problem) -> None:
    assert find_num_iid(text) == (None, problem)


@pytest.mark.parametrize(
    ("text", "num_iid", "problem"),
    [
        ("123", "123", Problem.TOO_SHORT),
        ("13800138000,张三", "13800138000", Problem.TOO_SHORT),
        ("https://haohuo.jinritemai.com/views/product/item2?id=123", "123", Problem.TOO_SHORT),
        ("3514453298386180000", "3514453298386180000", Problem.TRAILING_ZEROS),
    ],
)
def test_an_unlikely_id_is_doubtful(text: str, num_iid: str, problem: Problem) -> None:
    assert find_num_iid(text) == (num_iid, problem)


def read(text: str) -> list[tuple[str, str | None, Problem | None]]:
    return [(line.text, line.num_iid, line.problem) for line in read_text(text)]


@pytest.mark.parametrize("between", [",", " ", "，", "、", ";", "\t", ", "])
def test_a_line_may_have_several_ids(between: str) -> None:
    assert [
        line.num_iid for line in read_text(between.join([ID, OTHER, "3514453298386183305"]))
    ] == [
        ID,
        OTHER,
        "3514453298386183305",
    ]


def test_each_of_several_ids_has_its_own_problem() -> None:
    assert read(f"{ID}, https://v.douyin.com/abc/, 3.5E+18, {OTHER}") == [
        (ID, ID, None),
        ("https://v.douyin.com/abc/", None, Problem.SHORT_LINK),
        ("3.5E+18", None, Problem.ROUNDED),
        (OTHER, OTHER, None),
    ]
    assert read("12 34") == [("12", "12", Problem.TOO_SHORT), ("34", "34", Problem.TOO_SHORT)]


def codes(text: str) -> list[str]:
    return [line.code for line in read_text(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "8.43 复制打开抖音，看看【小林的橱窗】衬衫 https://v.douyin.com/AbCdEf/ 12/02 Zz@x.Yz",
            ["AbCdEf"],
        ),
        ("3.28 13800138000 https://v.douyin.com/i-K_8abc/", ["i-K_8abc"]),
        ("v.douyin.com/AbCdEf，v.douyin.com/Other1", ["AbCdEf", "Other1"]),
        (
            "7.5 复制 https://v.douyin.com/AbCdEf/ 8.4 复制 https://v.douyin.com/Other1/",
            ["AbCdEf", "Other1"],
        ),
        ("8.43 复制打开抖音，看看【小林的橱窗】\nhttps://v.douyin.com/AbCdEf/", ["AbCdEf"]),
        (f"https://v.douyin.com/AbCdEf/ {LINK} 衬衫", [""]),
        ("https://v.douyin.com/", [""]),
        ("https://v.douyin.com@evil.test/AbCdEf/", [""]),
        ("https://evil.test/v.douyin.com/AbCdEf/", [""]),
    ],
)
def test_a_share_text_holds_the_code_of_its_short_link(text: str, expected: list[str]) -> None:
    assert codes(text) == expected


def test_lines_are_numbered_and_blanks_and_the_header_left_out() -> None:
    lines = list(read_text(f"\ufeff商品ID,名称\r\n\n{ID},衬衫\njunk\n"))
    assert [(line.number, line.num_iid, line.problem) for line in lines] == [
        (3, ID, None),
        (4, None, Problem.NOT_UNDERSTOOD),
    ]


def table(*rows: list[str]) -> list[tuple[int, int, str | None, Problem | None]]:
    return [
        (line.number, line.column, line.num_iid, line.problem)
        for line in read_rows(enumerate(rows, start=1))
    ]


@pytest.mark.parametrize(
    "head",
    ["商品ID", "商品编号", "Product ID", "ID", "商品ID（必填）", "商品链接", "num_iid", "URL"],
)
def test_a_heading_names_the_column_of_ids(head: str) -> None:
    assert table(["订单号", head], ["3514453298386189999", ID], [OTHER, ""]) == [
        (2, 2, ID, None),
        (3, 2, None, Problem.EMPTY),
    ]


def test_the_link_replaces_a_rounded_id() -> None:
    assert table(["商品ID", "链接"], ["3.51445E+18", LINK], ["3.51445E+18", ""]) == [
        (2, 2, ID, None),
        (3, 1, None, Problem.ROUNDED),
    ]


def test_without_a_heading_ids_may_be_in_any_column() -> None:
    assert table(["1", "衬衫", ID, "72.00"], [ID, OTHER], ["", ""]) == [
        (1, 0, ID, None),
        (2, 0, ID, None),
        (2, 0, OTHER, None),
    ]


@given(st.text(max_size=300))
def test_it_reads_any_text_without_failing(text: str) -> None:
    num_iid, problem = find_num_iid(text)
    assert num_iid is not None or problem is not None
    assert num_iid is None or (
        num_iid.isascii() and num_iid.isdigit() and len(num_iid) <= 19 and num_iid.strip("0")
    )
    assert (
        num_iid is None or problem is None or problem in (Problem.TOO_SHORT, Problem.TRAILING_ZEROS)
    )


@given(st.text(max_size=300))
def test_every_line_with_text_has_a_result(text: str) -> None:
    numbers = {line.number for line in read_text(text)}
    for number, line in enumerate(text.splitlines(), start=1):
        has_text = bool(line.replace("\0", "").strip().lstrip("\ufeff").strip())
        assert (number in numbers) == has_text or (number == 1 and has_text)


ids = st.integers(10**15, 10**18 - 1).map(lambda number: f"{number}1")
words = st.text(
    st.characters(categories=["Lo"], min_codepoint=0x4E00, max_codepoint=0x9FFF), max_size=20
)


@given(
    st.lists(ids, min_size=1, max_size=20, unique=True),
    st.sampled_from([",", " ", "、", "\n", "\t", " ; "]),
)
def test_a_list_of_ids_is_read_in_full_and_in_order(wanted: list[str], between: str) -> None:
    assert [line.num_iid for line in read_text(between.join(wanted))] == wanted


@given(st.lists(st.lists(st.text(max_size=30), max_size=4), max_size=6))
def test_any_table_is_read_row_by_row(rows: list[list[str]]) -> None:
    numbers = [line.number for line in read_rows(enumerate(rows, start=1))]
    assert numbers == sorted(numbers)
    assert set(numbers) <= set(range(1, len(rows) + 1))
