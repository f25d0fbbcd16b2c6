"""Following a shop from its page, and no longer."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from monitor.budget.allowances import AllowanceError
from monitor.models import Follow, Watchlist
from monitor.pages.shared.answers import PageRequest, number_in, signed_in
from monitor.pages.shared.undoable import FOLLOWS, pop_action, remember, say_undone
from monitor.pages.shop.forms import FollowForm
from monitor.pages.shop.reads import editable_lists, shop_for
from monitor.reads.words import allowance_in_words
from monitor.text import formatting
from monitor.watchlists.following import follow_again, follow_shop, unfollow_shop


@signed_in("POST")
def follow(request: PageRequest, pk: int) -> HttpResponse:
    """Let one of the user's lists follow the shop, or follow it at another interval."""
    shop = shop_for(request.user, pk)
    mine = Follow.objects.filter(shop=shop, watchlist=number_in(request.POST.get("watchlist", "")))
    own = mine.values_list("interval", flat=True).first()
    form = FollowForm(request.POST, lists=editable_lists(request.user), own=own)
    if not form.is_valid():
        messages.warning(request, _("Nothing was done: choose a list that you may edit, and how often."))
        return redirect("monitor:shop", pk)
    target = Watchlist.objects.get(pk=form.cleaned_data["watchlist"])
    try:
        follow_shop(target, shop, request.now, interval=form.cleaned_data["interval"], by=request.user)
    except AllowanceError as error:
        messages.warning(request, allowance_in_words(error))
    except ValidationError as error:  # Two requests sent the same form.
        messages.warning(request, " ".join(error.messages))
    else:
        text = _("Saved.") if own else _("“%(list)s” follows this shop.")
        messages.success(request, text % {"list": formatting.one_line(target.name)})
    return redirect("monitor:shop", pk)


@signed_in("POST")
def unfollow(request: PageRequest, pk: int) -> HttpResponse:
    """End a follow; it can be undone for a while. What was read stays."""
    follows = Follow.objects.filter(watchlist__in=Watchlist.objects.editable_by(request.user))
    follow = get_object_or_404(follows.select_related("shop", "watchlist"), pk=pk)
    words = {"list": formatting.one_line(follow.watchlist.name), "shop": formatting.one_line(str(follow.shop), 60)}
    text = _("“%(list)s” no longer follows “%(shop)s”.") % words
    remember(request, "unfollowed", text, unfollow_shop(follow, request.now), place=FOLLOWS)
    try:
        shop_for(request.user, follow.shop_id)
    except Http404:  # It was reached through this follow alone.
        return redirect("monitor:watchlist-shops", follow.watchlist_id)
    return redirect("monitor:shop", follow.shop_id)


@signed_in("POST")
def undo(request: PageRequest) -> HttpResponse:
    """Follow again what was followed until a moment ago."""
    done, again = pop_action(request, FOLLOWS), None
    try:
        again = done and follow_again(request.user, done.receipt, request.now)
    except AllowanceError as error:
        messages.warning(request, allowance_in_words(error))
    else:
        say_undone(request, done, is_back=again is not None)
    return redirect("monitor:shop", again.shop_id) if again else redirect("monitor:watchlists")
