"""A page that shows the pictures side by side."""

from html import escape
from itertools import groupby
from pathlib import Path

HEAD = """<!doctype html><meta charset="utf-8"><title>Screenshots</title>
<style>body{font:14px sans-serif;background:#888}h2{margin:2rem 0 .5rem}
div{display:flex;gap:8px;align-items:start;overflow-x:auto}figure{margin:0}
img{height:420px;border:1px solid #444}</style>
"""


def write(folder: Path) -> Path:
    """Write `index.html` for the pictures of `folder`, a row for each page; returns its path."""
    names = sorted(path.name for path in folder.glob("*.png"))
    rows = (
        f"<h2>{escape(page)}</h2><div>{''.join(map(_figure, pictures))}</div>\n"
        for page, pictures in groupby(names, lambda name: name.partition(".")[0])
    )
    index = folder / "index.html"
    index.write_text(HEAD + "".join(rows), encoding="utf-8")
    return index


def _figure(name: str) -> str:
    safe = escape(name)
    image = f'<a href="{safe}"><img loading="lazy" src="{safe}" alt="{safe}"></a>'
    return f"<figure>{image}<figcaption>{safe}</figcaption></figure>"
