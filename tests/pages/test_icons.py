"""The sprite has exactly the icons that pages use."""

import re

import pytest
from django.conf import settings
from django.template import Context, Template

from monitor.pages.shared.change_rows import FIELD_ICONS, field_icon
from monitor.showing.templatetags.stallwatch import GAP_LOOKS, STATUS_LOOKS
from tests.markup import on_one_line

NAMED = re.compile(r'\{% icon "([a-z0-9-]+)"|\{\{ sprite \}\}#([a-z0-9-]+)"')


def test_the_sprite_has_exactly_the_used_icons() -> None:
    files = [
        *settings.BASE_DIR.glob("templates/**/*.html"),
        *settings.BASE_DIR.glob("monitor/**/*.py"),
    ]
    texts = [path.read_text(encoding="utf-8") for path in files]
    used = {name for text in texts for pair in NAMED.findall(text) for name in pair if name}
    used |= {name for _, name in (*STATUS_LOOKS.values(), *GAP_LOOKS.values())} | set(
        FIELD_ICONS.values()
    )
    used |= {field_icon(field) for field in ("title", "product_score")} | {"help"}
    sprite = (settings.BASE_DIR / "static" / "icons.svg").read_text(encoding="utf-8")
    assert set(re.findall(r'<symbol id="([a-z0-9-]+)"', sprite)) == used


@pytest.mark.parametrize("name", ["search", "x"])
def test_an_icon_is_hidden_from_screen_readers(name: str) -> None:
    icon = Template("{% load stallwatch %}{% icon name %}").render(Context({"name": name}))
    assert f'aria-hidden="true"><use href="/static/icons.svg#{name}"' in on_one_line(icon)
