"""Sentences of a page stand a line each in its template."""

import pytest
from django.template import Context, Template
from django.utils import translation

TEMPLATE = """{% load stallwatch %}{% prose %}
  {{ name }}.
  <a
    href="/">Second.</a>
{% endprose %}"""


@pytest.mark.parametrize(("language", "space"), [("en", " "), ("zh-hans", "")])
def test_only_languages_that_part_sentences_by_a_space_get_one(language: str, space: str) -> None:
    with translation.override(language):
        page = Template(TEMPLATE).render(Context({"name": "<First>"}))
    assert page == f'&lt;First&gt;.{space}<a\n    href="/">Second.</a>'
