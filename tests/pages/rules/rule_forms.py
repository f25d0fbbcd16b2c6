"""Helpers that fill in the form of a rule."""

from typing import Any

from django.test import Client

from monitor.models import Rule, Watch, Watchlist
from tests.pages import HTMX


def post(
    web: Client,
    target: Watch | Watchlist | Rule,
    tail: str = "",
    headers: Any = HTMX,
    **filled: Any,
) -> str:
    """Post the form of a new or existing rule, and return the answer. `also_0_kind`: the kind after
    the first 'and'."""
    if isinstance(target, Rule):
        prefix, address = f"rule-{target.pk}", f"/rules/{target.pk}/"
    else:
        noun, path = ("watch", "watches") if isinstance(target, Watch) else ("list", "watchlists")
        prefix, address = f"new-rules-of-{noun}-{target.pk}", f"/{path}/{target.pk}/rules/"
    form = {
        f"{prefix}-{name.replace('also_0_', 'also-0-').replace('also_1_', 'also-1-')}": v
        for name, v in filled.items()
    }
    response = web.post(f"{address}{tail}", form, headers=headers)
    assert response.status_code == 200
    return " ".join(response.content.decode().replace("&#x27;", "'").split())


def newest(target: Watch | Watchlist) -> Rule:
    rule = target.rules.order_by("pk").last()
    assert rule is not None
    return rule
