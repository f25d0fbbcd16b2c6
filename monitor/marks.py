"""The small marks that pages share, as HTML: icons, times, pictures, statuses, moves, lines of prices.

A table holds hundreds of them: as templates they would take longer than everything else that a page does.
"""

from datetime import datetime
from functools import cache

from django.templatetags.static import static
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from monitor import formatting
from monitor.clock import ago
from monitor.dashboard.moves import Move, move
from monitor.markup import constant, markup
from monitor.models import Alert, Change, Product

TILES = 6
NOTHING = constant(f'<span class="quiet">{formatting.NOT_TOLD}</span>')


@cache
def icon(name: str, size: str = "") -> SafeString:
    """An icon of the sprite. It says nothing to a screen reader: words stand beside it, or label what holds it."""
    return markup(
        '<svg class="icon{}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        f" icon-{size}" if size else "",
        static("icons.svg"),
        name,
    )


def when(at: datetime | None) -> SafeString:
    """A time as it is said among people, with the exact one in its title."""
    if at is None:
        return _UNKNOWN
    local = timezone.localtime(at)
    return markup(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        local.strftime("%Y-%m-%d %H:%M"),
        ago(at),
    )


def thumb(product: Product, size: str = "", lazy: bool = True) -> SafeString:
    """The product's first picture over a tile with its first letter, which shows when there is none."""
    letter = next((letter for letter in product.title or "" if letter.isalnum()), "#").upper()
    tile = sum(map(ord, product.num_iid)) % TILES
    image = product.image and markup(
        '<img src="{}" alt="" referrerpolicy="no-referrer" decoding="async"{} data-letter="{}" data-picture>',
        product.image,
        _LAZY if lazy else "",
        letter,
    )
    css = f"thumb tile-{tile} thumb-{size}" if size else f"thumb tile-{tile}"
    return markup('<span class="{}" aria-hidden="true">{}{}</span>', css, letter, image)


def move_mark(value: Move | None) -> SafeString:
    """By how many percent something rose or fell."""
    if value is None:
        return NOTHING
    if value.direction == "level":
        return _LEVEL
    rises = value.direction == "rise"
    return markup(
        '<span class="move {}">{}<span class="visually-hidden">{}</span> {}</span>',
        value.direction,
        icon("arrow-up-right" if rises else "arrow-down-right"),
        gettext("risen by") if rises else gettext("fallen by"),
        formatting.percent(value.percent),
    )


def number_move(change: Change | Alert) -> Move | None:
    """The move of a price or of sales; of a score the values themselves say enough."""
    if change.field not in ("price", "list_price", "sales"):
        return None
    if type(change.before) is not int or type(change.after) is not int:
        return None
    return move(change.before, change.after)


_UNKNOWN = constant(formatting.NOT_TOLD)
_LAZY = constant(' loading="lazy"')
_LEVEL = constant('<span class="move level">0%</span>')


def unwatched_mark() -> SafeString:
    """Of what was watched, and is on none of the reader's lists now."""
    return markup('<span class="mark">{}</span>', gettext("no longer watched"))
