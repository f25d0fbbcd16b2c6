"""Saved views of the products table: kept, renamed, altered and deleted by the one person they belong to."""

from django.db import transaction

from monitor.models import SavedView, User

#: More could not be found again in a row of tabs.
MOST = 50


@transaction.atomic
def save_view(user: User, name: str, query: str) -> str | None:
    """Keep `query` under `name`. A view of that name is altered: its former query is returned, else None."""
    view, made = SavedView.objects.get_or_create(user=user, name=name, defaults={"query": query})
    if made:
        return None
    former = view.query
    view.query = query
    view.save(update_fields=["query"])
    return former


def rename_view(view: SavedView, name: str) -> None:
    view.name = name
    view.save(update_fields=["name"])
