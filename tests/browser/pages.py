"""Every page there is, in one place: a line here has it looked at by the browser tests and by `make screenshots`."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from monitor.models import Product, Watchlist


class Reader(Enum):
    """Whose eyes see the page."""

    NOBODY = "nobody"
    NEWCOMER = "newcomer"
    MERCHANT = "merchant"
    OPERATOR = "operator"


class Page(NamedTuple):
    """A page by the name of its picture. In its address {product} and the like stand for what `places` finds."""

    name: str
    address: str
    reader: Reader = Reader.MERCHANT


PAGES = (
    Page("today", "/"),
    Page("products", "/products/"),
    Page("products-none", "/products/?q=nothing&status=failing"),
    Page("products-chosen", "/products/?select=page&cols=price,sold,changed,interval,lists&min=1&max=abc&size=25"),
    Page("add", "/products/add/"),
    Page("product", "/products/{product}/"),
    Page("product-7-days", "/products/{product}/?range=7d&about=shop"),
    Page("product-other", "/products/{other}/"),
    Page("compare", "/products/{product}/compare/?with={other}"),
    Page("compare-percent", "/products/{product}/compare/?with={other}&with=7&unit=percent&range=90d"),
    Page("compare-alone", "/products/{product}/compare/?q=nothing"),
    Page("shop", "/shops/{shop}/"),
    Page("alerts", "/alerts/?show=all"),
    Page("alert", "/alerts/{alert}/"),
    Page("usage", "/usage/"),
    Page("watchlists", "/watchlists/"),
    Page("watchlist", "/watchlists/{watchlist}/"),
    Page("watch-rules", "/watches/{watch}/rules/"),
    Page("watchlist-delete", "/watchlists/{watchlist}/delete/"),
    Page("settings", "/settings/"),
    Page("not-found", "/nope/"),
    Page("login", "/login/", Reader.NOBODY),
    Page("forgotten", "/forgotten/", Reader.NOBODY),
    Page("register", "/register/", Reader.NOBODY),
    Page("invitation", "/invitations/{invitation}/", Reader.NOBODY),
    Page("new-today", "/", Reader.NEWCOMER),
    Page("new-products", "/products/", Reader.NEWCOMER),
    Page("new-alerts", "/alerts/", Reader.NEWCOMER),
    Page("new-watchlists", "/watchlists/", Reader.NEWCOMER),
)
#: Of these models the page of a row is looked at too, and where there is one, the page that adds a row.
ADMIN_ROWS = ("watchlist", "watch", "rule", "product", "shop", "user", "alert", "email", "provideraccount")
ADMIN_ADDS = ("watchlist", "watch", "rule", "user")


def places(product: Product, other: Product, watchlist: Watchlist) -> dict[str, object]:
    """What the names in the addresses stand for, of a shelf or of the demo. Somebody is invited to the list."""
    from django.utils import timezone

    from monitor.watchlists.invitations import invite, token_of

    alert = watchlist.alerts.order_by("-pk").values_list("pk", flat=True).first()
    return {
        "product": product.num_iid,
        "other": other.num_iid,
        "shop": product.shop_id,
        "watchlist": watchlist.pk,
        "watch": watchlist.watches.get(product=product).pk,
        "alert": alert or 0,
        "invitation": token_of(invite(watchlist.owner, "guest@example.com", timezone.now(), watchlist)),
    }


def admin_pages() -> list[Page]:
    """The operator's pages: whatever is registered, with one row of what has a page that is used."""
    from django.contrib import admin
    from django.urls import reverse

    def at(name: str, view: str, **of: Any) -> Page:
        return Page(f"admin-{name}", reverse(f"admin:{view}", **of), Reader.OPERATOR)

    found = [at("index", "index"), at("health", "health")]
    for model in admin.site._registry:
        name = model._meta.model_name or ""
        view = f"{model._meta.app_label}_{name}"
        found.append(at(name, f"{view}_changelist"))
        row = model._default_manager.order_by("-pk").first() if name in ADMIN_ROWS else None
        if row is not None:
            found.append(at(f"{name}-row", f"{view}_change", args=[row.pk]))
        if name in ADMIN_ADDS:
            found.append(at(f"{name}-add", f"{view}_add"))
    return found
