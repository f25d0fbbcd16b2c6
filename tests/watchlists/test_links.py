"""Product IDs in what people paste."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.watchlists.links import Problem, find_num_iid, read_lines

ID = "3514453298386183303"


@pytest.mark.parametrize(
    "text",
    [
        ID,
        f"  {ID} ",
        f"https://haohuo.jinritemai.com/views/product/item2?id={ID}",
        f"https://haohuo.jinritemai.com/ecommerce/trade/detail/index.html?id={ID}&origin_type=604",
        f"【抖音商城】https://haohuo.jinritemai.com/views/product/item2?id={ID} 衬衫 长按复制此条消息",
        f"HTTPS://HAOHUO.JINRITEMAI.COM/views/product/item2?ID=1&id={ID}",
        f"{ID},衬衫,72.00",
        f'"{ID}","衬衫"',
        f"{ID}\t衬衫",
        f"1,{ID},72.00",
        f"2026\t{ID}\t衬衫",
        ID.translate({ord("0") + digit: chr(0xFF10 + digit) for digit in range(10)}),
        f"衬衫;{ID}",
        "3514453298386183303",
        f'="{ID}"',
    ],
)
def test_it_finds_the_id(text: str) -> None:
    assert find_num_iid(text) == (ID, None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("7.51 复制打开抖音 https://v.douyin.com/iJK8abc/ 衬衫", Problem.SHORT_LINK),
        ("35144532983861833031", Problem.TOO_LONG),
        ("0", Problem.TOO_LONG),
        ("3.51445E+18", Problem.ROUNDED),
        ("衬衫", Problem.NOT_UNDERSTOOD),
        (f"https://evil.test/?id={ID}", Problem.NOT_UNDERSTOOD),
        (f"https://haohuo.jinritemai.com@evil.test/?id={ID}", Problem.NOT_UNDERSTOOD),
        ("https://[", Problem.NOT_UNDERSTOOD),
        ("-5", Problem.NOT_UNDERSTOOD),
    ],
)
def test_it_says_why_there_is_none(text: str, problem: Problem) -> None:
    assert find_num_iid(text) == (None, problem)


def test_it_numbers_lines_and_passes_over_blanks_and_the_header() -> None:
    lines = list(read_lines(["\ufeff商品ID,名称\n", "\n", f"{ID},衬衫\n", "junk\n"]))
    assert [(line.number, line.num_iid, line.problem) for line in lines] == [
        (3, ID, None),
        (4, None, Problem.NOT_UNDERSTOOD),
    ]


@given(st.text(max_size=300))
def test_it_reads_any_text_without_failing(text: str) -> None:
    num_iid, problem = find_num_iid(text)
    assert (num_iid is None) == (problem is not None)
    assert num_iid is None or (num_iid.isascii() and num_iid.isdigit() and len(num_iid) <= 19)
