"""The texts to translate: found by Babel, so that no GNU gettext has to be installed.

Python files and templates of this project are read; `django.utils.translation.templatize` turns a template into
calls that Babel understands. Locations carry no line numbers, so that moving code changes no catalogue.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation import templatize, to_locale

SOURCES = (
    *("monitor/**/*.py", "config/*.py"),
    *(f"{folder}/**/*.{kind}" for folder in ("templates", "monitor/**/templates") for kind in ("html", "txt")),
)
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")
#: A fixed date: the day of an extraction says nothing, and would change every catalogue every time.
CREATED = datetime(2026, 1, 1, tzinfo=UTC)


def catalogue_paths() -> list[Path]:
    """Where the `.po` of each language but English lies, whether it exists or not."""
    folder = Path(settings.LOCALE_PATHS[0])
    codes = [code for code, _name in settings.LANGUAGES if not code.startswith("en")]
    return [folder / to_locale(code) / "LC_MESSAGES" / "django.po" for code in codes]


def find_messages(root: Path) -> Catalog:
    """Every text below `root` that is marked for translation, as a catalogue without translations."""
    template = Catalog(creation_date=CREATED)
    for path in sorted({path for pattern in SOURCES for path in root.glob(pattern)}):
        name = path.relative_to(root).as_posix()
        if "/migrations/" in name:
            continue
        source = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            # Within brackets Python's tokenizer does not mind how a template indents its lines.
            source = f"({templatize(source, origin=name)}\n)"
        found = extract("python", BytesIO(source.encode()), KEYWORDS, comment_tags=("Translators",))
        for _line, text, comments, context in found:
            template.add(text, locations=[(name, 0)], auto_comments=comments, context=context)
    return template


def read_catalogue(path: Path) -> Catalog:
    """The catalogue at `path`, or an empty one for its language if there is none yet."""
    locale = path.parent.parent.name
    if path.is_file():
        with path.open("rb") as file:
            return read_po(file, locale=locale, domain="django")
    return Catalog(
        locale=locale,
        domain="django",
        project="Stallwatch",
        version="1",
        copyright_holder="Stallwatch's authors",
        header_comment="# Stallwatch's texts: `manage.py makemessages` finds them, `compilemessages` compiles them.",
        creation_date=CREATED,
        revision_date=CREATED,
        last_translator="",
        language_team="",
        fuzzy=False,
    )


def update_catalogue(path: Path, template: Catalog) -> Catalog:
    """Write the catalogue at `path` with the messages of `template`, keeping translations; return it.

    Texts no longer used are dropped. Nothing is guessed from similar texts.
    """
    catalog = read_catalogue(path)
    catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=110, sort_by_file=True, ignore_obsolete=True, include_lineno=False)
    return catalog


def compile_catalogue(path: Path) -> Path:
    """Write the `.mo` beside the `.po` at `path` and return its path; texts without translation stay out."""
    compiled = path.with_suffix(".mo")
    compiled.write_bytes(_compile(read_catalogue(path)))
    return compiled


def find_problems(path: Path, template: Catalog) -> Iterator[str]:
    """What keeps the catalogue at `path` from being complete, one line each."""
    if not path.is_file():
        yield "there is no such file: run `manage.py makemessages`"
        return
    catalog = read_catalogue(path)
    for message in template:
        known = catalog.get(message.id, message.context) if message.id else None
        if message.id and known is None:
            yield f"lacks {_text(message)!r}: run `manage.py makemessages`"
    for message in catalog:
        if message.id:
            yield from _message_problems(message)
    compiled = path.with_suffix(".mo")
    if not compiled.is_file() or compiled.read_bytes() != _compile(catalog):
        yield "the .mo beside it is missing or out of date: run `manage.py compilemessages`"


def untranslated(catalog: Catalog) -> int:
    return sum(1 for message in catalog if message.id and not _is_translated(message))


def _message_problems(message: Message) -> Iterator[str]:
    if message.fuzzy:
        yield f"is not sure of {_text(message)!r}: check it and remove the word fuzzy"
    elif not _is_translated(message):
        yield f"has no translation of {_text(message)!r}"
    else:
        ids = [Counter(PLACEHOLDER.findall(text)) for text in _forms(message.id)]
        # The last form serves every number in a language without plurals, so it has to name what the plural names.
        if Counter(PLACEHOLDER.findall(_forms(message.string or "")[-1])) != ids[-1]:
            yield f"has other placeholders in the translation of {_text(message)!r}"


def _forms(text: str | list[str] | tuple[str, ...]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def _text(message: Message) -> str:
    return _forms(message.id)[0]


def _is_translated(message: Message) -> bool:
    return all(_forms(message.string or ""))


def _compile(catalog: Catalog) -> bytes:
    file = BytesIO()
    write_mo(file, catalog)
    return file.getvalue()
