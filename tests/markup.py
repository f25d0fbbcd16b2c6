"""Pages on one line, without the white space that a browser does not show."""

import re

#: A line break between one of these and a text is a space.
INLINE = "a|abbr|b|code|del|em|i|ins|kbd|small|span|strong|time"
TAG = re.compile(r"<[^<>]*>")
BESIDE_INLINE = re.compile(rf"(?<=[^\s>])\s*\n\s*(?=<(?:{INLINE})\b)|(</(?:{INLINE})>)\s*\n\s*(?=[^\s<])")
BESIDE_TAG = re.compile(r"(?<=>)\s*\n\s*|\s*\n\s*(?=<)")
VERBATIM = re.compile(r"(<(?:textarea|pre|script|style)\b.*?</(?:textarea|pre|script|style)>)", re.DOTALL)


def on_one_line(html: str) -> str:
    """Removes line breaks beside tags; those within tags and texts become spaces."""
    return "".join(part if at % 2 else _join_lines(part) for at, part in enumerate(VERBATIM.split(html)))


def _join_lines(html: str) -> str:
    html = TAG.sub(lambda tag: " ".join(tag[0].split()).replace(" >", ">"), html)
    html = BESIDE_TAG.sub("", BESIDE_INLINE.sub(r"\1 ", html))
    return re.sub(r"\s*\n\s*", " ", html)
