"""HTML that is written in Python: whatever comes from outside is escaped."""

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st

from monitor.markup import constant, escaped, joined, markup


@given(st.text(), st.text())
def test_it_escapes_as_django_does(first: str, second: str) -> None:
    template = '<a title="{}">{}</a>'
    assert markup(template, first, second) == format_html(template, first, second)
    assert joined([constant("<b>"), first]) == "<b>" + escaped(first) == format_html("<b>{}", first)


def test_html_stays_html() -> None:
    inner = markup("<i>{}</i>", 7)
    assert markup("<b>{}{}</b>", inner, "{}<") == "<b><i>7</i>{}&lt;</b>"
    assert escaped(inner) is inner
    assert all(isinstance(one, SafeString) for one in (inner, joined([inner, "a"]), escaped("<")))


def test_a_lazy_text_is_a_text() -> None:
    assert markup("{}", gettext_lazy("<x>")) == "&lt;x&gt;"
