"""Values as people read them, in pages and e-mails."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from monitor.judging.changes import PRODUCT_FIELDS, RANGE_FIELDS, SHOP_FIELDS
from monitor.models import changes
from monitor.text import clock, formatting
from monitor.text.formatting import NOT_TOLD, field_value, one_line

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda parts: (
        st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=5), parts, max_size=3)
    ),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (7200, "¥72.00"),
        (5, "¥0.05"),
        (0, "¥0.00"),
        (123456789, "¥1,234,567.89"),
        (-150, "−¥1.50"),
        (None, NOT_TOLD),
    ],
)
def test_it_writes_fen_as_yuan(fen: int | None, text: str) -> None:
    assert formatting.money(fen) == text


@pytest.mark.parametrize(
    ("at_least", "step", "chinese", "english"),
    [
        (5, 1, "5", "5"),
        (13526, 1, "13,526", "13,526"),
        (1200, 100, "1,200+", "1.2k+"),
        (1250, 50, "1,250+", "1,250+"),
        (13000, 1000, "1.3万+", "13k+"),
        (75000, 25000, "7.5万+", "75k+"),
        (1300000, 100000, "130万+", "1.3M+"),
        (1234567, 10, "123.4567万+", "1,234,567+"),
        (230000000, 10000000, "2.3亿+", "230M+"),
        (None, 1, NOT_TOLD, NOT_TOLD),
    ],
)
def test_it_writes_sales_as_exactly_as_they_are_known(
    at_least: int | None, step: int, chinese: str, english: str
) -> None:
    assert formatting.sales(at_least, step) == chinese
    assert formatting.sales(at_least, step, "en") == english


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("price", 7200, "¥72.00"),
        ("list_price", 9900, "¥99.00"),
        ("sku_range", [7200, 9900], "¥72.00 – ¥99.00"),
        ("sku_range", [7200, 7200], "¥72.00"),
        ("sales", 13000, "13,000"),
        ("status", "off_shelf", "off shelf"),
        ("status", "a word of the future", "a word of the future"),
        ("presale", "stepped", "presale, paid in steps"),
        ("title", "<b>磨毛衬衫</b>", "<b>磨毛衬衫</b>"),
        ("images", ["https://a/1", "https://a/2"], "2 images"),
        ("specification", [["颜色", ["红", "蓝"]], ["尺码", ["S"]]], "颜色: 红, 蓝; 尺码: S"),
        ("attributes", [["品牌", "古蒂歌"], ["季节", "冬"]], "品牌: 古蒂歌; 季节: 冬"),
        ("service_promises", ["7天无理由退货", "极速退款"], "7天无理由退货, 极速退款"),
        ("score_scale", 100, "0–100"),
        ("product_score", 485, "4.85"),
        ("product_gap", 3, "below average"),
        ("name", "古蒂歌", "古蒂歌"),
        ("price", None, NOT_TOLD),
        ("price", "12.5-18.0", "12.5-18.0"),
        ("price", True, "True"),
    ],
)
def test_it_writes_each_field_in_its_own_way(field: str, value: Any, text: str) -> None:
    assert field_value(field, value, "en") == text


def test_it_writes_freight_for_each_group_of_provinces() -> None:
    everywhere: dict[str, Any] = {
        "provinces": [],
        "first": 600,
        "more": 100,
        "free_from": 9900,
        "delivers": True,
    }
    free: dict[str, Any] = {
        "provinces": ["浙江", "江苏"],
        "first": 0,
        "more": 0,
        "free_from": None,
        "delivers": True,
    }
    none: dict[str, Any] = {
        "provinces": ["西藏"],
        "first": 0,
        "more": 0,
        "free_from": None,
        "delivers": False,
    }

    assert (
        field_value("freight", [everywhere], "en")
        == "everywhere: ¥6.00, each more ¥1.00, free from ¥99.00"
    )
    assert (
        field_value("freight", [free, none, {**everywhere, "more": 0, "free_from": None}], "en")
        == "浙江, 江苏: free; 西藏: no delivery; elsewhere: ¥6.00"
    )


@given(st.sampled_from([*PRODUCT_FIELDS, *SHOP_FIELDS, "unheard_of"]), JSON)
def test_a_value_of_any_shape_is_shown(field: str, value: Any) -> None:
    assert isinstance(field_value(field, value, "zh-hans"), str)


def test_every_field_of_the_models_has_a_format() -> None:
    assert {name for name, _ in changes.FIELD_CHOICES} == {
        *PRODUCT_FIELDS,
        *SHOP_FIELDS,
        *RANGE_FIELDS,
    }


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(days=3, hours=4, minutes=5), "3 days 4 h"),
        (timedelta(days=1), "1 day"),
        (timedelta(hours=1, minutes=30), "1 h 30 min"),
        (timedelta(minutes=25, seconds=59), "25 min"),
        (timedelta(seconds=40), "40 s"),
        (timedelta(0), "0 s"),
        (timedelta(seconds=-5), "0 s"),
    ],
)
def test_it_writes_lengths_of_time_in_two_units(length: timedelta, text: str) -> None:
    with translation.override("en"):
        assert formatting.duration(length) == text


def test_times_are_in_the_users_time_zone() -> None:
    moment = datetime(2026, 11, 10, 23, 30, tzinfo=UTC)

    assert formatting.instant(moment, "Asia/Shanghai") == "2026-11-11 07:30"
    assert formatting.instant(moment, "America/New_York") == "2026-11-10 18:30"
    assert formatting.instant(moment, UTC) == "2026-11-10 23:30"
    assert formatting.instant(None, UTC) == NOT_TOLD


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_text_begins_a_formula(start: str) -> None:
    assert formatting.csv_text(f"{start}1") == f"'{start}1"
    assert formatting.csv_text(f"x;{start}1") == f"x;'{start}1", (
        "nor where a semicolon splits cells"
    )


@pytest.mark.parametrize("text", ["", "3514453298386183303", "衬衫 = 1", "'=1"])
def test_other_text_stays_as_it_is_in_a_spreadsheet(text: str) -> None:
    assert formatting.csv_text(text) == text


def test_it_puts_foreign_text_on_one_line() -> None:
    assert (
        one_line(" a\r\nBcc: x@evil.test\0\ud800\u202eb\u2028c \t d\x7f")
        == "a Bcc: x@evil.testb c d"
    )
    assert one_line("磨毛衬衫女秋冬", 5) == "磨毛衬衫…"
    assert one_line("磨毛衬衫女", 5) == "磨毛衬衫女"


@given(st.text(st.characters(exclude_categories=())), st.integers(2, 40))
def test_one_line_always_fits_a_header(text: str, longest: int) -> None:
    line = one_line(text, longest)

    assert len(line) <= longest
    assert not any(character in line for character in "\r\n\0\x0b\x0c\x1c\x85\u2028\u2029")
    line.encode()


def test_times_are_written_relative_to_today() -> None:
    now = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
    hours = {
        0: "12:00",
        -11: "01:00",
        -17.5: "yesterday 18:30",
        -48: "Mon 23 Nov 12:00",
        14: "tomorrow 02:00",
    }
    with translation.override("en"), timezone.override("Asia/Shanghai"), time_machine.travel(now):
        assert {ago: clock.spoken(now + timedelta(hours=ago)) for ago in hours} == hours
        assert formatting.day_in_words(date(2025, 11, 24), date(2026, 11, 25)) == "Mon 24 Nov 2025"
    with (
        translation.override("zh-hans"),
        timezone.override("Asia/Shanghai"),
        time_machine.travel(now),
    ):
        assert clock.spoken(now - timedelta(days=2)) == "11月23日 星期一 12:00"
        assert (
            formatting.day_in_words(date(2025, 11, 24), date(2026, 11, 25))
            == "2025年11月24日 星期一"
        )


@pytest.mark.parametrize(
    ("share", "text"),
    [
        ("12.54", "12.5%"),
        ("-12", "12%"),
        ("0.04", "<0.1%"),
        ("0", "0%"),
        ("999.9", "999.9%"),
        ("9999989900", ">999%"),
    ],
)
def test_percentages_are_rounded_and_never_long(share: str, text: str) -> None:
    assert formatting.percent(Decimal(share)) == text


@pytest.mark.parametrize(
    ("a_day", "words"),
    [
        (0.0001, "<0.01"),
        (0.01, "≈0.01"),
        (0.0512, "≈0.05"),
        (0.256, "≈0.26"),
        (0.999, "≈1"),
        (2.46, "≈2.5"),
        (9.99, "≈10"),
        (24.4, "≈24"),
        (361.0, "≈360"),
        (5000.0, "≈5,000"),
    ],
)
def test_rates_have_two_digits(a_day: float, words: str) -> None:
    assert formatting.rate(a_day) == words


@pytest.mark.parametrize(
    "name",
    [
        *(
            "系统安全通知 https://evil.test/login",
            "HTTPS：／／evil．test",
            "https : //evil.test",
            "//evil.test",
        ),
        *(
            "www.evil.test",
            "ｗｗｗ．evil．test",
            "evil.com",
            "evil。com",
            "evil\u200b.com",
            "请访问evil.com登录",
        ),
        *(
            "t.cn/Rx8",
            "evil.test:8080/a",
            "evil.test/",
            "evil.test?a",
            "淘宝.中国",
            "xn--80ak6aa92e.test",
        ),
        *(
            "客服 evil.me/登录",
            "evil.me",
            "Evil.HK",
            "evil.tw",
            "evil.co",
            "evil.ai",
            "evil.ltd",
            "evil.fun",
            "evil.work",
        ),
        *(
            "bit.ly",
            "evil.ltd登录",
            "evil.co:8080",
            "evil.test:8080",
            "evil.test/登录",
            "evil。test/登录",
            "evil.test？登录",
        ),
        *(
            "1.2.3.4/login",
            "192.168.0.1:8000",
            "1.2.3.4/登录",
            "例子.商店",
            "例子.网店",
            "例子.集团",
        ),
        *("客服1.2.3.4/登录", "访问www.evil.test", "evil8.网店", "EVIL.COM"),
    ],
)
def test_a_web_address_in_a_name_is_recognised(name: str) -> None:
    assert formatting.has_web_address(name)
    shown = formatting.without_web_addresses(f"Ann {name}")
    assert shown.endswith("…")
    assert "evil" not in shown


@pytest.mark.parametrize(
    "name",
    [
        *(
            "A.B.C 店铺",
            "v2.0 新品",
            "1.5L水",
            "1.5L/2.0L",
            "Dr.Martens 竞品",
            "S.T.Dupont/都彭",
            "No.1",
            "J.Crew",
        ),
        *(
            "竞品。新款",
            "12.12 大促",
            "1:1",
            "和/或",
            "A//B",
            "Lin Trading Co.Ltd",
            "www 店",
            "HTTP 店铺",
            "e.l.f.",
        ),
        *(
            "Dr.Martens/Timberland",
            "St.Pauli/Hamburg",
            "U.S.Polo/Levis",
            "U.S.Polo：50件",
            "林记Co.Ltd",
        ),
        *(
            "1.2.3.4",
            "第1.2.3.4版",
            "1.网店 2.商店",
            "3.5kg/箱",
            "10.1-10.7/国庆",
            "A:100",
            "Mr.Men",
            "Dr.Lymphe",
        ),
        *("3.5元/件", "Lin Trading co.ltd.", ""),
    ],
)
def test_other_names_are_no_web_addresses(name: str) -> None:
    assert not formatting.has_web_address(name)
    assert formatting.without_web_addresses(name) == name


def test_a_long_text_is_searched_in_linear_time() -> None:
    for piece in ("a", "http ", "www ", "a.b", "a.bb", ".", "a:1", "1.", "1.2.3.4"):
        assert not formatting.has_web_address(piece * 200_000)
