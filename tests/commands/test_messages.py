"""`makemessages` and `compilemessages`: found by Babel, kept small, checked for what is missing."""

import gettext
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import override_settings

PYTHON = """
from django.utils.translation import gettext as _, gettext_lazy, ngettext, npgettext_lazy, pgettext_lazy

def texts(count):
    a = _("Price of %(name)s") % {"name": "x"}
    b = gettext_lazy("Two " "halves")
    c = ngettext("%(count)s product", "%(count)s products", count)
    d = pgettext_lazy("a month", "May")
    e = npgettext_lazy("in a list", "one shop", "%d shops", "count")
    return _(a), f"not {b}", c, d, e
"""
TEMPLATE = """{% load i18n %}
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
EXPECTED = {
    (None, "Price of %(name)s"),
    (None, "Two halves"),
    (None, ("%(count)s product", "%(count)s products")),
    ("a month", "May"),
    ("in a list", ("one shop", "%d shops")),
    (None, "Today's"),
    (None, "No shop"),
    ("bell", ("%(counter)s alert", "%(counter)s alerts of %(name)s")),
    (None, "Label"),
    ("door", "Open"),
    (None, "Up %(percent)s%%"),
}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """A project with a Python file, a template and no catalogue yet."""
    (tmp_path / "monitor" / "migrations").mkdir(parents=True)
    (tmp_path / "templates" / "emails").mkdir(parents=True)
    (tmp_path / "monitor" / "texts.py").write_text(PYTHON)
    (tmp_path / "monitor" / "migrations" / "0001_initial.py").write_text('_("Never")')
    (tmp_path / "templates" / "emails" / "page.html").write_text(TEMPLATE)
    with override_settings(BASE_DIR=tmp_path, LOCALE_PATHS=[tmp_path / "monitor" / "locale"]):
        yield tmp_path


def run(name: str, *arguments: str) -> str:
    out = StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue()


def po(project: Path) -> Path:
    return project / "monitor" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"


def translate(project: Path) -> None:
    """Answer every message with its last form, as someone who translates all would."""
    from babel.messages.pofile import read_po, write_po

    with po(project).open("rb") as file:
        catalog = read_po(file, locale="zh_Hans")
    for message in catalog:
        if message.id:
            last = message.id if isinstance(message.id, str) else message.id[-1]
            message.string = f"译 {last}" if isinstance(message.id, str) else (f"译 {last}",)
    with po(project).open("wb") as file:
        write_po(file, catalog, include_lineno=False)


def problems() -> list[str]:
    with pytest.raises(CommandError) as caught:
        run("makemessages", "--check")
    return str(caught.value).splitlines()


def test_it_finds_every_kind_of_text_in_code_and_templates(project: Path) -> None:
    from babel.messages.pofile import read_po

    assert "11 messages, 11 to translate" in run("makemessages")
    with po(project).open("rb") as file:
        assert {(message.context, message.id) for message in read_po(file) if message.id} == EXPECTED


def test_it_writes_locations_without_lines_and_the_translators_notes(project: Path) -> None:
    run("makemessages")
    text = po(project).read_text()
    assert "#: monitor/texts.py\n" in text
    assert "#: templates/emails/page.html\n" in text
    assert "Translators: the sign on the door" in text


def test_it_changes_nothing_when_code_only_moves(project: Path) -> None:
    run("makemessages")
    translate(project)
    run("makemessages")
    before = po(project).read_bytes()
    source = project / "monitor" / "texts.py"
    source.write_text("\n\n# moved\n" + source.read_text())
    assert "0 to translate" in run("makemessages")
    assert po(project).read_bytes() == before


def test_it_drops_what_is_gone_and_keeps_the_rest(project: Path) -> None:
    run("makemessages")
    translate(project)
    (project / "monitor" / "texts.py").unlink()
    run("makemessages")
    text = po(project).read_text()
    assert "halves" not in text
    assert 'msgstr "译 Label"' in text


def test_it_is_content_with_a_complete_and_compiled_catalogue(project: Path) -> None:
    run("makemessages")
    translate(project)
    run("compilemessages")
    assert "11 messages, complete and compiled" in run("makemessages", "--check")


def test_it_compiles_what_gettext_reads(project: Path) -> None:
    run("makemessages")
    translate(project)
    run("compilemessages")
    with po(project).with_suffix(".mo").open("rb") as file:
        chinese = gettext.GNUTranslations(file)
    assert chinese.gettext("Label") == "译 Label"
    assert chinese.pgettext("door", "Open") == "译 Open"
    assert chinese.ngettext("%(count)s product", "%(count)s products", 1) == "译 %(count)s products"
    assert chinese.gettext("Never") == "Never"


def test_it_misses_the_file(project: Path) -> None:
    assert [line for line in problems() if "no such file" in line]
    with pytest.raises(CommandError, match="makemessages"):
        run("compilemessages")


def test_it_misses_a_message(project: Path) -> None:
    run("makemessages")
    translate(project)
    run("compilemessages")
    (project / "templates" / "new.txt").write_text('{% load i18n %}{% translate "Brand new" %}')
    (line,) = problems()
    assert "lacks 'Brand new'" in line


def test_it_refuses_empty_and_unsure_translations(project: Path) -> None:
    run("makemessages")
    translate(project)
    text = po(project).read_text().replace('msgstr "译 Label"', 'msgstr ""')
    po(project).write_text(text.replace('msgid "No shop"', '#, fuzzy\nmsgid "No shop"'))
    run("compilemessages")
    found = problems()
    assert len(found) == 2
    assert "has no translation of 'Label'" in "\n".join(found)
    assert "is not sure of 'No shop'" in "\n".join(found)


def test_it_refuses_other_placeholders(project: Path) -> None:
    run("makemessages")
    translate(project)
    po(project).write_text(po(project).read_text().replace("译 Price of %(name)s", "译 Price of %(nome)s"))
    run("compilemessages")
    (line,) = problems()
    assert "has other placeholders in the translation of 'Price of %(name)s'" in line


@pytest.mark.parametrize("compiled", ["missing", "old"])
def test_it_refuses_a_compiled_file_that_is(project: Path, compiled: str) -> None:
    run("makemessages")
    translate(project)
    if compiled == "old":
        run("compilemessages")
        po(project).write_text(po(project).read_text().replace("译 Label", "译 Other"))
    (line,) = problems()
    assert "missing or out of date" in line
