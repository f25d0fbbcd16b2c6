"""A subject is one line of fewer than 60 characters, the most important first."""

from dataclasses import dataclass
from typing import Any, cast

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from monitor.delivery.entries import MailEntry
from monitor.delivery.report.subjects import subject
from monitor.text.formatting import one_line

LANGUAGES = ("zh-hans", "en")
texts = st.text(max_size=300).map(lambda text: one_line(text, 200))


@dataclass(frozen=True)
class Line:
    """The fields of an entry that a subject uses."""

    headline: str = "Price down 12.5%"
    name: str = "Shirt"
    before: str = "¥72.00"
    after: str = "¥63.00"
    is_number: bool = True


def entry(**fields: Any) -> MailEntry:
    return cast(MailEntry, Line(**fields))


@given(
    st.builds(entry, headline=texts, name=texts, before=texts, after=texts, is_number=st.booleans()),
    st.integers(1, 10**7),
    st.sampled_from(["", "Daily", "日报"]),
    st.sampled_from(LANGUAGES),
)
def test_it_is_one_short_line(first: MailEntry, count: int, period: str, language: str) -> None:
    with translation.override(language):
        text = subject(_Many(first, count), period)
    assert len(text) < 60
    assert text == one_line(text)


class _Many(list[MailEntry]):
    """A list that claims to have `count` entries."""

    def __init__(self, first: MailEntry, count: int) -> None:
        super().__init__([first])
        self._count = count

    def __len__(self) -> int:
        return self._count


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "Daily · Price down 12.5% · ¥72.00 → ¥63.00: Shirt (+3)"),
        ("zh-hans", "Daily · Price down 12.5% · ¥72.00 → ¥63.00：Shirt（+3）"),
    ],
)
def test_the_change_and_its_values_come_before_the_name(language: str, expected: str) -> None:
    with translation.override(language):
        assert subject([entry()] * 4, "Daily") == expected


def test_a_long_name_is_cut_and_the_count_is_kept() -> None:
    with translation.override("en"):
        text = subject([entry(name="Shirt " * 30)] * 2)
    assert text.startswith("Price down 12.5% · ¥72.00 → ¥63.00: Shirt")
    assert text.endswith("… (+1)")
