"""The problems that `make check` reports, and the texts that Babel finds in templates."""

from io import BytesIO

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS

from tests.text.translations import compile_catalogue, extract_template, find_problems

PAGE = """{% load i18n %}
      <p title="{% translate "Today's" %}">{{ shop|default:_("No shop") }} 100% "it's" (</p>
  {% comment %}{% translate "Never" %}{% endcomment %}
    {% blocktranslate count counter=list|length trimmed context "bell" %}
        {{ counter }} alert
    {% plural %}
        {{ counter }} alerts of {{ name }}
    {% endblocktranslate %}
{% if a %}{% include "x.html" with label=_("Label") %}{% endif %}
{# Translators: the sign on the door #}
{% translate "Open" context "door" %}
{% blocktranslate %}Up {{ percent }}%{% endblocktranslate %}
"""


def test_it_finds_every_kind_of_text_in_a_template() -> None:
    messages = list(extract_template(BytesIO(PAGE.encode()), DEFAULT_KEYWORDS, ["Translators"], {}))
    assert [text for _line, _function, text, _comments in messages] == [
        "Today's",
        "No shop",
        ("bell", "%(counter)s alert", "%(counter)s alerts of %(name)s", None),
        "Label",
        ("door", "Open"),
        "Up %(percent)s%%",
    ]
    assert messages[4][3] == ["Translators: the sign on the door"]


def problems(translation: str | tuple[str, ...] | None, *flags: str) -> list[str]:
    """Return the problems of a catalogue whose only message has this translation."""
    source = (
        ("one product", "%(count)d products")
        if isinstance(translation, tuple)
        else "Price of %(name)s"
    )
    template, catalogue = Catalog(), Catalog(locale="zh_Hans")
    template.add(source)
    if translation is not None:
        catalogue.add(source, translation, flags=flags)
    return list(find_problems(template, catalogue, compile_catalogue(catalogue)))


@pytest.mark.parametrize("translation", ["%(name)s的价格", ("%(count)d 件商品",)])
def test_it_accepts_a_complete_catalogue(translation: str | tuple[str, ...]) -> None:
    assert problems(translation) == []


@pytest.mark.parametrize(
    ("translation", "problem"),
    [
        (None, "not in the catalogue"),
        ("", "not translated"),
        (("",), "not translated"),
        ("%(nome)s的价格", "other placeholders"),
        ("价格", "other placeholders"),
    ],
)
def test_it_names_an_incomplete_translation(
    translation: str | tuple[str, ...] | None, problem: str
) -> None:
    (line,) = problems(translation)
    assert problem in line


def test_it_refuses_a_fuzzy_translation() -> None:
    (line,) = problems("%(name)s的价格", "fuzzy")
    assert "'Price of %(name)s': fuzzy" in line


def test_it_refuses_a_compiled_file_that_is_out_of_date() -> None:
    (line,) = find_problems(Catalog(), Catalog(), b"old")
    assert "out of date" in line
