"""A template has one sentence a line; the tag joins them."""

import pytest
from django.template import Context, Template
from django.utils import translation

TEMPLATE = """{% load stallwatch %}{% prose %}
  {{ name }}.
  <a
    href="/">Second.</a>
{% endprose %}"""


@pytest.mark.parametrize(("language", "space"), [("en", " "), ("zh-hans", "")])
def test_sentences_are_joined_by_a_space_in_english_only(language: str, space: str) -> None:
    with translation.override(language):
        page = Template(TEMPLATE).render(Context({"name": "<First>"}))
    assert page == f'&lt;First&gt;.{space}<a\n    href="/">Second.</a>'
