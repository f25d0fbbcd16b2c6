"""The sprite has exactly the icons that pages use."""

import re

from django.conf import settings

from monitor.pages.shared.change_rows import FIELD_ICONS
from monitor.showing.templatetags.stallwatch import GAP_LOOKS, STATUS_LOOKS

NAMED = re.compile(r'\{% icon "([a-z0-9-]+)"')


def test_the_sprite_has_exactly_the_used_icons() -> None:
    files = [
        *settings.BASE_DIR.glob("templates/**/*.html"),
        *settings.BASE_DIR.glob("monitor/**/*.py"),
    ]
    texts = [path.read_text(encoding="utf-8") for path in files]
    used = {name for text in texts for name in NAMED.findall(text)}
    used |= {name for _, name in (*STATUS_LOOKS.values(), *GAP_LOOKS.values())} | set(
        FIELD_ICONS.values()
    )
    used |= {"pencil", "star", "help"}
    sprite = (settings.BASE_DIR / "static" / "icons.svg").read_text(encoding="utf-8")
    assert set(re.findall(r'<symbol id="([a-z0-9-]+)"', sprite)) == used
