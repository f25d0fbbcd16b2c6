"""What cannot be taken back is said first, and done when it is confirmed: checks that cost calls, mails sent again."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from monitor.admin.base import CHUNK, ModelAdmin
from monitor.budget.ledger import is_halted, left
from monitor.models import Product
from monitor.watchlists.requests import check_now


def check_after_asking(
    page: ModelAdmin, request: HttpRequest, pieces: Iterable[QuerySet[Product]]
) -> HttpResponse | None:
    """The page that says what checking these products costs or, once that is confirmed, None and they are due.

    While all checks are stopped it says so, and returns None.

    `pieces` are querysets that one statement each can handle, and that have no product in common.
    """
    now = timezone.now()
    if is_halted():
        text = gettext("Nothing is checked: an operator has stopped all checks. Start them again under Health.")
        page.message_user(request, text, messages.WARNING)
        return None
    if "confirmed" in request.POST:
        _tell(page, request, sum(check_now(products, now) for products in pieces))
        return None
    found = {"paid": 0, "unwatched": 0, "under_way": 0}
    for products in pieces:
        unwatched, free = Q(next_check_at__isnull=True), Q(next_check_at__gt=now)
        found["unwatched"] += products.filter(unwatched).count()
        found["paid"] += products.filter(free).count()
        found["under_way"] += products.exclude(unwatched).exclude(free).count()
    found["left"] = left(now).of_day
    return ask(page, request, "check_now", title=gettext("Check now?"), **found)


def ask(page: ModelAdmin, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    """A page whose button sends the same request again, with `confirmed` in it."""
    shared = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        # The page that asks has a token of its own.
        "again": [(name, one) for name, all in request.POST.lists() if name != "csrfmiddlewaretoken" for one in all],
    }
    return TemplateResponse(request, f"admin/monitor/{template}.html", {**shared, **context})


def pieces_of(keys: Iterable[int]) -> Iterable[QuerySet[Product]]:
    """Products by their keys, each once, in pieces."""
    left = sorted(set(keys))
    return [Product.objects.filter(pk__in=left[at : at + CHUNK]) for at in range(0, len(left), CHUNK)]


def _tell(page: ModelAdmin, request: HttpRequest, count: int) -> None:
    text = ngettext(
        "%(count)d product is due now; its check is a paid call.",
        "%(count)d products are due now; each check is a paid call.",
        count,
    )
    page.message_user(request, text % {"count": count}, messages.SUCCESS if count else messages.WARNING)
