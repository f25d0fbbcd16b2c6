"""Pages that ask before an action that cannot be undone: paid checks, mails sent again."""

from collections import Counter
from collections.abc import Iterable
from itertools import batched
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from monitor.admin.base import CHUNK, ModelAdmin
from monitor.budget.ledger import is_halted, left
from monitor.models import Product
from monitor.watchlists.requests import check_now


def check_after_asking(
    page: ModelAdmin, request: HttpRequest, keys: Iterable[int]
) -> HttpResponse | None:
    """Return a page that says what checking these products costs; once it is confirmed, make them
    due and return None.

    While all checks are stopped, say so and return None.
    """
    now = timezone.now()
    if is_halted():
        text = gettext("All checks are stopped. Start them again under Health.")
        page.message_user(request, text, messages.WARNING)
        return None
    pieces = [Product.objects.filter(pk__in=chunk) for chunk in batched(sorted(set(keys)), CHUNK)]
    if "confirmed" in request.POST:
        count = sum(check_now(products, now) for products in pieces)
        text = ngettext(
            "%(count)d product is queued: one paid call.",
            "%(count)d products are queued: one paid call each.",
            count,
        )
        page.message_user(
            request, text % {"count": count}, messages.SUCCESS if count else messages.WARNING
        )
        return None
    counts = Counter(unwatched=0, paid=0, under_way=0)
    for products in pieces:
        counts.update(
            unwatched=products.filter(next_check_at__isnull=True).count(),
            paid=products.filter(next_check_at__gt=now).count(),
            under_way=products.filter(next_check_at__lte=now).count(),
        )
    return ask(
        page, request, "check_now", title=gettext("Check now?"), left=left(now).of_day, **counts
    )


def ask(page: ModelAdmin, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    """Return a page whose button sends the same request again, with `confirmed` in it."""
    # The page has a token of its own.
    fields = [
        (name, values) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"
    ]
    again = [(name, value) for name, values in fields for value in values]
    shared = {**page.admin_site.each_context(request), "opts": page.opts, "again": again}
    return TemplateResponse(request, f"admin/monitor/{template}.html", {**shared, **context})
