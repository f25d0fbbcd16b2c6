"""What the system has recorded, to look up: each model is registered read-only by `show`."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from monitor.admin.base import (
    SHORT,
    RecordedAdmin,
    column,
    link,
    links_to_lists,
    list_and_owner,
    short,
)
from monitor.models import (
    Alert,
    ApiToken,
    AuditEvent,
    Change,
    Charge,
    Follow,
    Import,
    Outage,
    Product,
    ProviderAccount,
    Shop,
    Snapshot,
    Usage,
    Watch,
)
from monitor.people.audit import details_in_words
from monitor.showing.reads.words import value_in_words
from monitor.text.formatting import NOT_TOLD, money, one_line, sales


def show(
    model: type[Any],
    *shown: Any,
    on_page: Sequence[Any] = (),
    **more: Any,
) -> None:
    """Register a model read-only. `shown` are the columns of its list and the fields of a row's
    page, `on_page` further fields of the page: names, or pairs of a heading and a function of the
    row."""
    names = []
    for number, part in enumerate((*shown, *on_page)):
        if isinstance(part, str):
            names.append(part)
        else:
            more[f"shown_{number}"] = column(*part)
            names.append(f"shown_{number}")
    options = {"list_display": tuple(names[: len(shown)]), "fields": tuple(names), **more}
    admin.site.register(model, type(f"{model.__name__}Admin", (RecordedAdmin,), options))


def stored_value(name: str) -> Callable[[Any], str]:
    """Return a function that tells a value of a row's field in words: `before` or `after`."""
    return lambda row: one_line(value_in_words(row.field, getattr(row, name)), SHORT)


def person(name: str, key: int | None) -> str:
    """Return the name of a person in the audit log or, for a deleted account, its key."""
    return name or (NOT_TOLD if key is None else f"#{key}")


PRODUCT = (_("product"), lambda row: link(row.product))
SHOP = (_("shop"), lambda row: link(row.shop))
#: For the first column, which leads to the row itself.
SHOP_NAME = (_("shop"), lambda row: short(row.shop))
SUBJECT = (_("product or shop"), lambda row: link(row.product or row.shop))
LIST = (_("watchlist"), lambda row: link(row.watchlist, list_and_owner))
PRICE = (_("price"), lambda row: money(row.price))
SOLD = (_("sales"), lambda row: sales(row.sales, row.sales_step or 1))
BEFORE = (_("before"), stored_value("before"))
AFTER = (_("after"), stored_value("after"))
#: Exact, because these tables grow without limit and only the index of product IDs finds their rows
#: fast.
BY_PRODUCT: dict[str, Any] = {
    "search_fields": ("product__num_iid__exact",),
    "search_help_text": _("Full product ID"),
    "list_select_related": ("product",),
}
OF_PRODUCT = (Watch, Snapshot, Change, Outage, Alert)


show(
    Product,
    (_("title"), short),
    *("num_iid", "shop", PRICE, SOLD, "status", "last_outcome"),
    *("checked_at", "next_check_at"),
    on_page=(
        *("last_code", "failing_since", "failures", "data_time", "request_id", "created_at"),
        (_("more"), lambda row: links_to_lists(*OF_PRODUCT, product__id__exact=row.pk)),
    ),
    list_filter=("status", "last_outcome", ("failing_since", admin.EmptyFieldListFilter)),
    list_select_related=("shop",),
    search_fields=("title", "num_iid__startswith", "shop__name"),
    search_help_text=_("Title, product ID or shop"),
)
show(
    Shop,
    (_("name"), short),
    *("shop_id", "company_name", "data_time"),
    on_page=[
        (_("more"), lambda row: links_to_lists(Product, Follow, Change, shop__id__exact=row.pk))
    ],
    search_fields=("name", "shop_id", "company_name"),
    search_help_text=_("Shop name, ID or company"),
)
show(
    Follow,
    *(SHOP_NAME, LIST, "interval", "adds", "words", "created_at"),
    on_page=[SHOP],
    list_filter=("adds",),
    list_select_related=("shop", "watchlist__owner"),
    search_fields=("shop__name", "shop__shop_id", "watchlist__name", "watchlist__owner__email"),
)
show(
    Snapshot,
    *("data_time", PRODUCT, PRICE, SOLD, "status", "thin", "from_cache", "received_at"),
    "request_id",
    ordering_of_one=("-data_time",),
    list_filter=("status", "thin", "from_cache"),
    **BY_PRODUCT,
)
show(
    Change,
    *("first_seen_after", SUBJECT, "field", BEFORE, AFTER, "last_seen_before", "request_id"),
    ordering_of_one=("-first_seen_after", "field"),
    list_filter=("field",),
    list_select_related=("product", "shop"),
    search_fields=("product__num_iid__exact", "shop__shop_id__exact"),
    search_help_text=_("Full product or shop ID"),
)
show(
    Outage,
    *("began_at", "ended_at", PRODUCT, "outcome", "code", "checks"),
    ordering_of_one=("-began_at",),
    list_filter=("outcome",),
    **BY_PRODUCT,
)
show(
    Alert,
    *("created_at", SUBJECT, "field", BEFORE, AFTER),
    (_("rule at the time"), lambda alert: alert.rule_in_words),
    *(LIST, "data_time", "request_id", "is_delivered"),
    ordering_of_one=("-created_at",),
    list_filter=("field", "is_delivered"),
    list_select_related=("product", "shop", "watchlist__owner"),
    search_fields=("product__num_iid__exact", "watchlist__name", "watchlist__owner__email"),
    search_help_text=_("Full product ID, watchlist or owner's e-mail"),
)
show(
    Import,
    (_("import"), str),
    *("owner", "watchlist", "created_at", "saved_at", "finished_at", "undone_at"),
    list_select_related=("owner", "watchlist"),
    search_fields=("file_name", "owner__email", "watchlist__name"),
    search_help_text=_("File name, watchlist or owner's e-mail"),
)
show(
    ApiToken,
    *("name", "last_four", "user", "scope", "watchlist", "created_at", "last_used_at"),
    *("expires_at", "ended_at"),
    list_filter=("scope", ("ended_at", admin.EmptyFieldListFilter)),
    list_select_related=("user", "watchlist"),
    search_fields=("name", "user__email"),
)
show(
    AuditEvent,
    *("at", "kind"),
    (_("by"), lambda event: person(event.actor_name, event.actor_id)),
    (_("user"), lambda event: person(event.person_name, event.person_id)),
    "subject",
    (_("details"), lambda event: details_in_words(event, row_name="")),
    "network",
    list_filter=("at", "kind"),
    search_fields=("actor_name", "person_name", "subject"),
    search_help_text=_("User's e-mail or watchlist"),
)
show(
    ProviderAccount,
    *("circuit_code", "circuit_reason", "circuit_opened_at", "next_probe_at", "paused_until"),
    *("pause_code", "halted_at", "halted_by"),
)
show(
    Usage,
    *("day", "api", "code", "calls", "billing", "provider_used", "provider_cap"),
    ordering=("-day", "api", "code"),
    list_filter=("day", "billing", "code", "api"),
)
show(
    Charge,
    *("day", "person", "reason"),
    (_("calls"), lambda charge: f"{charge.calls:,.1f}"),
    list_filter=("day", "reason"),
    list_select_related=("person",),
    search_fields=("person__email", "person__name"),
)
