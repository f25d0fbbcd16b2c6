"""Saved views of the products table. Each belongs to one user."""

from django.db import transaction

from monitor.models import SavedView, User

#: A row of tabs has no room for more.
MOST = 50


@transaction.atomic
def save_view(user: User, name: str, query: str) -> str | None:
    """Save `query` as `name`. If there is a view of that name, replace its query and return the
    former one."""
    view, is_new = SavedView.objects.get_or_create(user=user, name=name, defaults={"query": query})
    if is_new:
        return None
    former = view.query
    view.query = query
    view.save(update_fields=["query"])
    return former
