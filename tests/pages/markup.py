"""Pages on one line, without the white space that a browser does not show."""

import re

TAG = re.compile(r"<[^<>]*>")
LINE_BREAK = re.compile(r"\s*\n\s*")
#: A line break between one of these and a text is a space.
INLINE = (
    "a",
    "abbr",
    "b",
    "code",
    "del",
    "em",
    "i",
    "ins",
    "kbd",
    "small",
    "span",
    "strong",
    "time",
)
INLINE_BEGINS = re.compile(rf"<(?:{'|'.join(INLINE)})\b")
INLINE_ENDS = tuple(f"</{name}>" for name in INLINE)
VERBATIM = re.compile(
    r"(<(?:textarea|pre|script|style)\b.*?</(?:textarea|pre|script|style)>)", re.DOTALL
)


def on_one_line(html: str) -> str:
    """Remove line breaks beside tags; those within tags and texts become spaces."""
    return "".join(
        part if at % 2 else _join_lines(part) for at, part in enumerate(VERBATIM.split(html))
    )


def _join_lines(html: str) -> str:
    html = TAG.sub(lambda tag: " ".join(tag[0].split()).replace(" >", ">"), html)
    return LINE_BREAK.sub(_shown, html)


def _shown(line_break: re.Match[str]) -> str:
    """Return a space or nothing. A function, as patterns that look around each white space take
    twice as long."""
    html, start, end = line_break.string, *line_break.span()
    before, after = html[start - 1 : start], html[end : end + 1]
    if before != ">" and after != "<":
        return " "
    is_before_inline = before not in ("", ">") and INLINE_BEGINS.match(html, end)
    is_after_inline = after not in ("", "<") and html.endswith(INLINE_ENDS, 0, start)
    return " " if is_before_inline or is_after_inline else ""
