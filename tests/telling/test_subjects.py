"""A subject is one line of fewer than 60 characters, the most important first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from monitor.telling.entries import MailEntry
from monitor.telling.report.subjects import subject
from monitor.text.formatting import one_line

LANGUAGES = ("zh-hans", "en")
texts = st.text(max_size=300).map(lambda text: one_line(text, 200))


@dataclass(frozen=True)
class Line:
    """The fields of an entry's first line that a subject uses."""

    headline: str = "Price down 12.5%"
    numbers: str = "¥72.00 → ¥63.00"


@dataclass(frozen=True)
class Entry:
    first: Line
    name: str
    alerts: Sequence[int]


def entry(name: str = "Shirt", count: int = 1, **fields: Any) -> MailEntry:
    return cast(MailEntry, Entry(Line(**fields), name, range(count)))


@given(
    st.builds(entry, headline=texts, name=texts, numbers=texts, count=st.integers(1, 10**7)),
    st.sampled_from(["", "Daily", "日报"]),
    st.sampled_from(LANGUAGES),
)
def test_it_is_one_short_line(first: MailEntry, period: str, language: str) -> None:
    with translation.override(language):
        text = subject([first], period)
    assert len(text) < 60
    assert text == one_line(text)
