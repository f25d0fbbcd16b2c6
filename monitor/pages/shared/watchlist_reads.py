"""The user's watchlists, as several pages need them."""

from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce

from monitor.history.counting import count_up_to
from monitor.models import Alert, User, Watch, Watchlist
from monitor.pages.shared.mail_choices import mail_choice
from monitor.planning.frame import MOST_UNREAD


def _unread(user: User) -> Coalesce:
    """How many alerts of a list `user` has not read."""
    return count_up_to(Alert.objects.unread_by(user).filter(watchlist=OuterRef(OuterRef("pk"))), MOST_UNREAD)


def watchlist_for(user: User, pk: int) -> Watchlist:
    """One query: a list with its owner, `editable`, the number of `unread` alerts and the user's `mail_choice`. Raises
    `Watchlist.DoesNotExist` where `user` sees none.
    """
    lists = Watchlist.objects.for_user(user).select_related("owner")
    return lists.annotate(editable=editable(user, "pk"), unread=_unread(user), mail_choice=mail_choice(user)).get(pk=pk)


def may_edit_any(user: User) -> bool:
    """One query: whether there is a list to which the user may add products."""
    return Watchlist.objects.editable_by(user).exists()


def watchlist_choices(user: User) -> list[Watchlist]:
    """One query: the user's lists by name, each with `editable`."""
    lists = Watchlist.objects.for_user(user).annotate(editable=editable(user, "pk"))
    return list(lists.order_by("name", "pk"))


def watchlists_of(user: User) -> list[Watchlist]:
    """One query: the user's lists by name, for a choice that counts nothing."""
    return list(Watchlist.objects.for_user(user).order_by("name", "pk"))


def editable(user: User, watchlist: str) -> Exists:
    """Whether `user` may edit the list that the column `watchlist` names."""
    return Exists(Watchlist.objects.editable_by(user).filter(pk=OuterRef(watchlist)))


def watch_for(user: User, pk: int) -> Watch:
    """One query: a watch with its list and product, and `editable`. Raises `Watch.DoesNotExist` where `user` sees
    none."""
    watches = Watch.objects.for_user(user).select_related("watchlist", "product__shop")
    return watches.annotate(editable=editable(user, "watchlist")).get(pk=pk)
