"""Following a shop from its page, on which terms, and no longer."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from monitor.models import Follow, Watchlist
from monitor.pages.shared.answers import PageRequest, page, signed_in
from monitor.pages.shared.undoable import FOLLOWS, pop_action, remember, say_undone
from monitor.pages.shop.forms import FollowForm, TermsForm
from monitor.pages.shop.reads import editable_lists, shop_for
from monitor.people.allowances import AllowanceError
from monitor.polling.planning.calls import calls_of, limits_of_product
from monitor.showing.reads.words import allowance_in_words
from monitor.text import formatting
from monitor.watching.following import (
    follow_again,
    follow_shop,
    matching,
    receipt_of,
    unfollow_shop,
)


@signed_in("POST")
def follow(request: PageRequest, pk: int) -> HttpResponse:
    """Let one of the user's lists follow the shop."""
    shop = shop_for(request.user, pk)
    form = FollowForm(request.POST, lists=editable_lists(request.user))
    if not form.is_valid():
        messages.warning(
            request, _("Nothing was done: choose a list that you may edit, and how often.")
        )
        return redirect("monitor:shop", pk)
    target = Watchlist.objects.get(pk=form.cleaned_data["watchlist"])
    try:
        follow_shop(
            target, shop, request.now, interval=form.cleaned_data["interval"], by=request.user
        )
    except AllowanceError as error:
        messages.warning(request, allowance_in_words(error))
    except ValidationError as error:  # Two requests sent the same form.
        messages.warning(request, " ".join(error.messages))
    else:
        messages.success(
            request, _("“%(list)s” follows this shop.") % {"list": formatting.one_line(target.name)}
        )
    return redirect("monitor:shop", pk)


@signed_in("GET", "POST")
def terms(request: PageRequest, pk: int) -> HttpResponse:
    """Show on which terms a list follows a shop, and what matches. A POST saves them, and can be
    undone, or shows with `preview` what would match."""
    follow = _editable_follow(request, pk)
    before, watchlist = receipt_of(follow), follow.watchlist
    form = TermsForm(
        request.POST or None,
        initial=before,
        pages=follow.shop.assortment.calls,
        own=follow.interval,
    )
    if form.is_valid() and "preview" not in request.POST:
        try:
            follow_shop(watchlist, follow.shop, request.now, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            text = _(
                "“%(list)s” follows “%(shop)s” on new terms. What has joined the list stays on it."
            ) % _words(follow)
            remember(request, "changed", text, before, place=FOLLOWS)
            return redirect("monitor:shop", follow.shop_id)
    for name, value in getattr(form, "cleaned_data", {}).items():
        setattr(follow, name, value)
    left = max(0, follow.most - follow.on_list)
    calls = calls_of(limits_of_product(watchlist, watchlist.owner.granted_share)) * left
    context = {
        "follow": follow,
        "form": form,
        "matching": matching(follow).count(),
        "left": left,
        "calls": calls,
    }
    return page(request, "shop_terms.html", {"nav": "products", **context}, region="joining")


@signed_in("POST")
def unfollow(request: PageRequest, pk: int) -> HttpResponse:
    """End a follow; it can be undone for a while. What was read stays."""
    follow = _editable_follow(request, pk)
    text = _("“%(list)s” no longer follows “%(shop)s”.") % _words(follow)
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


def _editable_follow(request: PageRequest, pk: int) -> Any:
    follows = Follow.objects.with_added().filter(
        watchlist__in=Watchlist.objects.editable_by(request.user)
    )
    return get_object_or_404(follows.select_related("shop__assortment", "watchlist__owner"), pk=pk)


def _words(follow: Follow) -> dict[str, str]:
    return {
        "list": formatting.one_line(follow.watchlist.name),
        "shop": formatting.one_line(str(follow.shop), 60),
    }
