"""Searching products by words: what is remembered costs nothing; each further page costs one
check."""

from datetime import timedelta
from functools import partial

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import push_url

from monitor.models import Watchlist
from monitor.models.choices import failure_in_words
from monitor.pages.search.forms import SearchForm
from monitor.pages.shared.answers import (
    PageRequest,
    frame_of,
    page,
    signed_in,
    wants_region,
)
from monitor.showing.reads.health import is_silent
from monitor.showing.reads.searches import search_results
from monitor.tasks import read_pages, wake
from monitor.watching import searching
from monitor.watching.imports import lists_by_use

#: A worker should have answered after this time.
SHOULD_HAVE_ANSWERED = timedelta(seconds=30)


@signed_in("GET", "POST")
def search(request: PageRequest) -> HttpResponse:
    """Show what is remembered of a search. A POST asks for a page that is not."""
    form = SearchForm(request.POST if request.method == "POST" else request.GET)
    words, is_refused = form.chosen("q"), False
    if request.method == "POST" and words and not frame_of(request).is_stopped:
        try:
            asked = searching.search(words, form.page, request.user, request.now)
        except searching.ChecksUsedUpError:
            is_refused = True
        else:
            request.frame = None  # A check less is left.
            if asked.asked_at is not None:
                transaction.on_commit(partial(wake, read_pages))
    address = f"{reverse('monitor:search')}?{form.query()}"
    if request.method == "POST" and words and not is_refused and not wants_region(request):
        return redirect(address)
    response = _answer(request, form, is_refused=is_refused)
    return push_url(response, address) if request.method == "POST" else response


def _answer(request: PageRequest, form: SearchForm, *, is_refused: bool) -> HttpResponse:
    words = form.chosen("q")
    lists = Watchlist.objects.for_user(request.user)
    found = search_results(lists, words, form.page, request.now) if words else None
    following = found.next if found else None
    waits_since = following.asked_at if following else None
    is_late = waits_since is not None and request.now - waits_since > SHOULD_HAVE_ANSWERED
    context = {
        "nav": "products",
        "form": form,
        "words": words,
        "ignored": form.ignored(),
        "found": found,
        "shown": form.arranged(found.products) if found else [],
        "next": following,
        "is_next_known": following is not None and following.is_known(request.now),
        "next_query": form.query(page=str(following.page)) if following else "",
        "failure": failure_in_words(following.outcome, following.code) if following else "",
        "unfiltered": form.query(min="", max="", new=""),
        "is_refused": is_refused,
        "is_silent": is_late and is_silent(request.now),
        "lists": lists_by_use(request.user),
    }
    return page(request, "search.html", context, region="results")
