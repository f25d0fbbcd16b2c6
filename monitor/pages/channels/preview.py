"""What a message looks like on a platform, from the very JSON that the platform gets."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.delivery.channels.parts import Post

#: A link, a colour, or the text between them.
_PIECES = re.compile(r"\[([^\[\]]*)\]\([^()]*\)|<font color=['\"](\w+)['\"]>(.*?)</font>|([^\[<]+|.)")
_SLACK_LINK = re.compile(r"<[^<>|]*\|([^<>|]*)>")
_PICTURE = re.compile(r"!\[\]\(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class PreviewPiece:
    """A text of one look: 'link', a platform's name of a colour, or ''."""

    text: str
    look: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """`paragraphs` have lines, and lines have pieces. A message for programs has only `raw`, its JSON."""

    title: str = ""
    #: The colour of the title, or ''.
    tone: str = ""
    picture: str = ""
    paragraphs: Sequence[Sequence[Sequence[PreviewPiece]]] = ()
    buttons: Sequence[str] = ()
    raw: str = ""


def preview(post: Post) -> Preview:
    """Each platform is known by the shape of its message."""
    message = json.loads(post.body)
    match message:
        case {"card": {"header": {"title": {"content": title}, "template": tone}, "elements": elements}}:
            texts = [element["text"]["content"] for element in elements if element["tag"] == "div"]
            actions = next(element["actions"] for element in elements if element["tag"] == "action")
            return _of_text(
                "\n\n".join(texts), title, tone=tone, buttons=[action["text"]["content"] for action in actions]
            )
        case {"actionCard": {"title": title, "text": text, "btns": buttons}}:
            return _of_text(text.removeprefix(f"### {title}"), title, buttons=[button["title"] for button in buttons])
        case {"template_card": card}:
            return _of_card(card)
        case {"markdown": {"content": text}}:
            title, _, rest = text.removeprefix("### ").partition("\n")
            return _of_text(rest, title)
        case {"parse_mode": _, "text": text} | {"unfurl_links": _, "text": text}:
            title, _, rest = _SLACK_LINK.sub(r"[\1]()", text).partition("\n")
            return _of_text(rest, title.strip("*"))
        case (
            {"title": title, "desp": text}
            | {"text": title, "desp": text}
            | {"summary": title, "content": text}
            | {"title": title, "body": text}
            | {"embeds": [{"title": title, "description": text}]}
        ):
            return _of_text(text, title)
        case _:
            return Preview(raw=json.dumps(message, ensure_ascii=False, indent=2))


def _of_card(card: dict[str, Any]) -> Preview:
    """WeCom's card with a picture."""
    lines = [text for item in card["vertical_content_list"] for text in (item["title"], item.get("desc", "")) if text]
    return Preview(
        card["main_title"]["title"],
        picture=card["card_image"]["url"],
        paragraphs=[[[PreviewPiece(card["main_title"]["desc"])]], [[PreviewPiece(line)] for line in lines]],
        buttons=[jump["title"] for jump in card["jump_list"]],
    )


def _of_text(text: str, title: str, *, tone: str = "", buttons: Sequence[str] = ()) -> Preview:
    picture = _PICTURE.search(text)
    plain = _PICTURE.sub("", text).replace("**", "")
    paragraphs = [[list(_pieces(line)) for line in part.split("\n")] for part in plain.split("\n\n") if part.strip()]
    return Preview(title, tone, picture[1] if picture else "", paragraphs, buttons)


def _pieces(line: str) -> Iterator[PreviewPiece]:
    for link, colour, coloured, text in _PIECES.findall(line):
        yield PreviewPiece(link, "link") if link else PreviewPiece(coloured, colour) if colour else PreviewPiece(text)
