"""Names and pictures: foreign texts that reach rows, pages and subjects of e-mails."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.provider.limits import MAX_TITLE, MAX_URL
from monitor.provider.text import clean, image_url, line
from tests.provider.records import normalised, observe, raw


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("磨毛衬衫 ", "磨毛衬衫"),
        ("磨毛\0衬衫", "磨毛衬衫"),
        ("磨毛\r\n衬衫\t新款", "磨毛 衬衫 新款"),
        ("磨毛\x1b[31m衬衫\x7f\x9b", "磨毛[31m衬衫"),
        ("磨毛\u3000\u00a0衬衫", "磨毛 衬衫"),
        ("a\u2028b\u2029c", "a b c"),
        ("a\ud800b\udfffc", "a\ufffdb\ufffdc"),
        ("价格\u202e99\u202c\u2066x\u2069\u200f", "价格99x"),
        ("\ufeff\u200b衬衫", "衬衫"),
        ("👨‍👩‍👧 family", "👨‍👩‍👧 family"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("=cmd|'/c calc'!A1", "=cmd|'/c calc'!A1"),
    ],
)
def test_a_title_becomes_one_clean_line(name: str, title: str) -> None:
    observation = observe(raw(name=name))

    assert (observation.title, observation.flags) == (title, ())


@pytest.mark.parametrize("name", [None, "", " ", "\0", "\u200b\n", []])
def test_an_empty_title_is_left_out(name: object) -> None:
    assert (observe(raw(name=name)).title, observe(raw(name=name)).flags) == (None, ())


@pytest.mark.parametrize("name", [7, True, ["衬衫"], {"zh": "衬衫"}, 1.5])
def test_a_title_that_is_no_text_is_left_out(name: object) -> None:
    assert (observe(raw(name=name)).title, observe(raw(name=name)).flags) == (
        None,
        ("title:unreadable",),
    )


@pytest.mark.parametrize("length", [MAX_TITLE + 1, 3_000_000])
def test_a_long_title_is_cut_and_flagged(length: int) -> None:
    observation = observe(raw(name="衬" * length))

    assert (observation.title, observation.flags) == ("衬" * MAX_TITLE, ("title:cut",))


@given(st.text(st.characters()) | st.text(alphabet=" \t\n\0\u202e\ud800a衬"))
def test_clean_text_can_be_stored_shown_and_sent(foreign: str) -> None:
    text = clean(foreign)

    text.encode()
    assert not set(text) & {
        chr(code) for code in (*range(32), *range(127, 160), *range(0x202A, 0x202F))
    }
    assert text == " ".join(text.split())
    assert clean(text) == text


@given(st.text(max_size=60), st.integers(1, 50))
def test_a_line_is_never_longer_than_its_limit(foreign: str, limit: int) -> None:
    flags: list[str] = []
    text = line(foreign, "title", limit, flags)

    assert text is None or 0 < len(text) <= limit
    assert bool(flags) == (len(clean(foreign)) > limit)


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("https://p9-aio.ecombdimg.com/obj/a-876", "https://p9-aio.ecombdimg.com/obj/a-876"),
        ("//img.alicdn.com/a.jpg_400x400.jpg", "https://img.alicdn.com/a.jpg_400x400.jpg"),
        ("https://P3.DouyinPic.com:443/a?x=1&y=(2)~", "https://p3.douyinpic.com/a?x=1&y=(2)~"),
        ("https://byteimg.com", "https://byteimg.com/"),
        (" https://byteimg.com/a ", "https://byteimg.com/a"),
    ],
)
def test_pictures_of_the_platforms_hosts_are_shown(address: str, url: str) -> None:
    assert image_url(address, "images", []) == url


@pytest.mark.parametrize(
    "address",
    [
        "http://img.alicdn.com/a.jpg",
        "https://img.alicdn.com@evil.test/",
        "https://evil.test@img.alicdn.com/",
        "https://evil.test\\.alicdn.com/a",
        "https://evil.test?.alicdn.com/a",
        "https://evilalicdn.com/a",
        "https://alicdn.com.evil.test/a",
        "https://img.alicdn.com:8443/a",
        "https://img.alicdn.com:443@evil.test/",
        "https://[::1]/a",
        "///img.alicdn.com/a",
        "javascript:alert(1)//img.alicdn.com/",
        "data:image/svg+xml,<svg/>",
        'https://img.alicdn.com/a"onerror="x',
        "https://img.alicdn.com/a\nb",
        "https://img.alicdn.com/a\\..\\b",
        "https://img.alicdn.com/图",
        "https://img.alicdn。com/a",
        "https://ımg.alıcdn.com/a",
        "https://img.alicdn.com/" + "a" * MAX_URL,
        7,
        ["https://img.alicdn.com/a"],
    ],
)
def test_any_other_picture_is_dropped_and_flagged(address: object) -> None:
    flags: list[str] = []

    assert image_url(address, "images", flags) is None
    assert flags == ["images:not_allowed"]


def test_a_raw_record_without_a_list_has_no_pictures() -> None:
    image = "https://img.alicdn.com/1"

    assert observe(raw(img=image, img_list=None)).images is None
    assert observe(normalised(pic_url=image, item_imgs=[])).images == (image,)
    assert observe(raw(img="", img_list=[])).images is None
    assert observe(raw(img_list="x", img=image)).flags == ("images:unreadable",)


def test_too_many_groups_and_values_are_cut_and_flagged() -> None:
    groups = [
        {"name": f"组{group}", "list": [{"name": f"值{value}"} for value in range(300)]}
        for group in range(30)
    ]
    observation = observe(raw(spec_info=groups))

    assert observation.specification is not None
    assert [len(group.values) for group in observation.specification] == [200] * 20
    assert observation.flags == ("specification:too_many",)
