"""The guide for programs in `docs/api.md`, as blocks for a template: of Markdown only what that file uses."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from django.conf import settings

_FILE = settings.BASE_DIR / "docs" / "api.md"
#: The site of the examples.
_EXAMPLE_SITE = "https://watch.example.org"
_INLINE = re.compile(r"`([^`]+)`|\[([^\]]+)\]\((https://[^)]+)\)")
_BLOCK = re.compile(r"^```.*?^```$|(?:^[^\n]+\n?)+", re.M | re.S)
_FENCE, _HEADING, _RULE = re.compile(r"```\w*\n(.*)```", re.S), re.compile(r"(#+) (.*)"), re.compile(r"\|[-|]+\|")


class Piece(NamedTuple):
    """A part of a line: plain text, code, or a link."""

    text: str
    is_code: bool = False
    link: str = ""


class Block(NamedTuple):
    """A heading (`h1` to `h3`), `code`, a `list`, a `table` or a `paragraph`. Its `lines` have cells, these pieces."""

    kind: str
    text: str
    lines: list[list[list[Piece]]]


def guide() -> list[Block]:
    """Return the blocks of the guide, with the address of this site in its examples."""
    text = _FILE.read_text(encoding="utf-8").replace(_EXAMPLE_SITE, settings.SITE_URL)
    return [_block(match[0].strip("\n")) for match in _BLOCK.finditer(text)]


def _block(text: str) -> Block:
    if fence := _FENCE.fullmatch(text):
        return Block("code", fence[1], [])
    if heading := _HEADING.fullmatch(text):
        return Block(f"h{len(heading[1])}", heading[2], [])
    if text.startswith("|"):
        rows = [line.strip("|").split("|") for line in text.split("\n") if not _RULE.fullmatch(line)]
        return Block(
            "table", "", [[list(_pieces(cell.strip())) for cell in row] for row in rows if any(map(str.strip, row))]
        )
    items = [" ".join(item.split()) for item in re.split(r"^- ", text, flags=re.M) if item]
    return Block("list" if text.startswith("- ") else "paragraph", "", [[list(_pieces(item))] for item in items])


def _pieces(text: str) -> Iterator[Piece]:
    end = 0
    for match in _INLINE.finditer(text):
        yield Piece(text[end : match.start()])
        yield Piece(match[1], is_code=True) if match[1] else Piece(match[2], link=match[3])
        end = match.end()
    yield Piece(text[end:])
