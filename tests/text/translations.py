"""What `make messages` and `make check` need beside Babel's own commands.

`python -m tests.text.translations` fails unless every message of the code is translated, not fuzzy,
and compiled; `compile` compiles first. (`pybabel compile` refuses Chinese plurals: their only form
has the placeholders of the English plural.)"""

import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.utils.translation import templatize

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "var" / "django.pot"
CATALOGUE = ROOT / "monitor" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")


def extract_template(
    file: IO[bytes], keywords: Mapping[str, Any], comment_tags: list[str], options: Any
) -> Iterator[Any]:
    """Extract the texts of Django templates, which `templatize` turns into calls that Python could
    make."""
    # Within brackets Python's tokenizer ignores the template's indentation.
    source = f"({templatize(file.read().decode())}\n)"
    return extract_python(BytesIO(source.encode()), keywords, comment_tags, options)


def read_catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def compile_catalogue(catalogue: Catalog) -> bytes:
    """Return the content of the `.mo` file of `catalogue`."""
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    return compiled.getvalue()


def find_problems(template: Catalog, catalogue: Catalog, compiled: bytes) -> Iterator[str]:
    """Return the problems of `catalogue` and its compiled form, compared with `template`, one line
    each."""
    for message in template:
        if message.id and (
            problem := _find_problem(message, catalogue.get(message.id, message.context))
        ):
            yield f"{_forms(message.id)[0]!r}: {problem}"
    if compiled != compile_catalogue(catalogue):
        yield "The .mo file is out of date: run `make messages`"


def _find_problem(message: Message, translated: Message | None) -> str:
    if translated is None:
        return "not in the catalogue: run `make messages`"
    if translated.fuzzy:
        return "fuzzy: check the translation and remove the word fuzzy"
    translations = _forms(translated.string)
    if not all(translations):
        return "not translated"
    # A language without plurals has one form for every number: it needs the placeholders of the
    # English plural.
    last_forms = (_forms(message.id)[-1], translations[-1])
    source, translation = (Counter(PLACEHOLDER.findall(form)) for form in last_forms)
    return "" if source == translation else "other placeholders in the translation"


def _forms(text: Any) -> list[str]:
    return [text or ""] if isinstance(text, str | None) else list(text)


if __name__ == "__main__":
    chinese = read_catalogue(CATALOGUE)
    if "compile" in sys.argv:
        CATALOGUE.with_suffix(".mo").write_bytes(compile_catalogue(chinese))
    problems = find_problems(
        read_catalogue(TEMPLATE), chinese, CATALOGUE.with_suffix(".mo").read_bytes()
    )
    sys.exit("\n".join(problems) or 0)
