"""How mails look: templates and one style sheet, which is written into each element as mail programs want it."""

from typing import Any

import css_inline
from django.template.loader import render_to_string

#: What asks for the screen's width or for darkness stays in the head; mail programs that read it follow.
_INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False, minify_css=True)


def render(template: str, context: dict[str, Any]) -> tuple[str, str]:
    """Text and HTML of `emails/<template>` in the active language, saying the same."""
    text = render_to_string(f"emails/{template}.txt", context)
    html = _INLINER.inline(render_to_string(f"emails/{template}.html", context))
    return text.strip() + "\n", html
