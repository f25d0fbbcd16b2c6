"""The guide for programs, `docs/api.md`, as a part of a page."""

from itertools import pairwise

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from markdown_it import MarkdownIt

_FILE = settings.BASE_DIR / "docs" / "api.md"
#: The site of the examples.
_EXAMPLE_SITE = "https://watch.example.org"


def guide() -> SafeString:
    """Return the guide below its title, with the address of this site in its examples. Headings can
    be linked to."""
    text = (
        _FILE.read_text(encoding="utf-8")
        .replace(_EXAMPLE_SITE, settings.SITE_URL)
        .partition("\n")[2]
    )
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(text)
    for token, following in pairwise(tokens):
        if token.type == "heading_open":
            token.attrSet("id", slugify(following.content))
    html: str = markdown.renderer.render(tokens, markdown.options, {})
    return mark_safe(html)  # noqa: S308 - our own file, and Markdown without HTML
