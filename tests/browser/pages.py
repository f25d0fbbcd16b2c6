"""Every page of the site. Browser tests check the pages listed here, and `make screenshots` takes
their pictures."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from monitor.models import Product, Watchlist


class Reader(Enum):
    """Who opens the page."""

    NOBODY = "nobody"
    NEWCOMER = "newcomer"
    MERCHANT = "merchant"
    OPERATOR = "operator"


class Page(NamedTuple):
    """A page by the name of its screenshot. `places` fills {product} and the like in its
    address."""

    name: str
    address: str
    reader: Reader = Reader.MERCHANT


PAGES = (
    Page("today", "/"),
    Page("products", "/products/"),
    Page("products-none", "/products/?q=nothing&status=failing"),
    Page("products-foreign", "/products/?shop=987654321"),
    Page(
        "products-chosen",
        "/products/?select=page&cols=price,changed,interval,rate,next,lists&min=1&max=abc&size=25",
    ),
    Page("products-of-list", "/products/?list={watchlist}"),
    Page("shop-choice", "/products/shops/?sort=price"),
    Page("add", "/products/add/"),
    Page("search", "/search/"),
    Page("search-ask", "/search/?q=裙"),
    Page("search-found", "/search/?q=连衣裙&sort=-sold&max=abc"),
    Page("search-none", "/search/?q=连衣裙&min=9999"),
    Page("add-preview", "/products/add/{draft}/"),
    Page("add-result", "/products/add/{added}/"),
    Page("product", "/products/{product}/"),
    Page("product-7-days", "/products/{product}/?range=7d&about=shop"),
    Page("product-other", "/products/{other}/"),
    Page("compare", "/products/{product}/compare/?with={other}"),
    Page(
        "compare-percent", "/products/{product}/compare/?with={other}&with=7&unit=percent&range=90d"
    ),
    Page("compare-alone", "/products/{product}/compare/?q=nothing"),
    Page("rivals", "/rivals/"),
    Page("rivals-dearer", "/rivals/?show=dearer&sort=index"),
    Page("rivals-add", "/rivals/add/"),
    Page("rivals-choose", "/rivals/{watch}/?q=Shirt"),
    Page("shop", "/shops/{shop}/"),
    Page("shop-followed", "/shops/{followed}/"),
    Page("follow-terms", "/follows/{follow}/"),
    Page("shop-range", "/shops/{followed}/range/?min=1"),
    Page("watchlist-shops", "/watchlists/{watchlist}/shops/"),
    Page("alerts", "/alerts/?show=all"),
    Page("alert", "/alerts/{alert}/"),
    Page("mute", "/products/{product}/mute/"),
    Page("usage", "/usage/"),
    Page("watchlists", "/watchlists/"),
    Page("watchlist", "/watchlists/{watchlist}/"),
    Page("watch-rules", "/watches/{watch}/rules/"),
    Page("watch-rules-promotion", "/watches/{watch}/rules/?template=promotion"),
    Page("list-rules-cheapest", "/watchlists/{watchlist}/rules/?template=stay-cheapest"),
    Page("rule", "/rules/{rule}/"),
    Page("watchlist-delete", "/watchlists/{watchlist}/delete/"),
    Page("help", "/help/"),
    Page("help-programs", "/help/programs/"),
    Page("settings", "/settings/"),
    Page("delete-account", "/settings/delete/"),
    Page("restore-account", "/account/recover/{restore}/", Reader.NOBODY),
    Page("not-me", "/account/recover/{login}/", Reader.NOBODY),
    Page("channels", "/channels/"),
    Page("channel", "/channels/{channel}/"),
    Page("channel-message", "/channels/{channel}/messages/{message}/"),
    Page("tokens", "/settings/tokens/"),
    Page("activity", "/settings/activity/"),
    Page("confirm", "/confirm/"),
    Page("leave-list", "/u/{leave_list}/"),
    Page("leave-all", "/u/{leave_all}/"),
    Page("not-found", "/nope/"),
    Page("usage-operator", "/usage/", Reader.OPERATOR),
    Page("login", "/login/", Reader.NOBODY),
    Page("privacy", "/privacy/", Reader.NOBODY),
    Page("offline", "/offline/", Reader.NOBODY),
    Page("login-code", "/login/code/", Reader.NOBODY),
    Page("forgotten", "/forgotten/", Reader.NOBODY),
    Page("register", "/register/", Reader.NOBODY),
    Page("invitation", "/invitations/{invitation}/", Reader.NOBODY),
    Page("address-back", "/account/recover/{address_back}/", Reader.NOBODY),
    Page("register-invited", "/register/?invitation={invitation}", Reader.NOBODY),
    Page("new-today", "/", Reader.NEWCOMER),
    Page("new-products", "/products/", Reader.NEWCOMER),
    Page("new-rivals", "/rivals/", Reader.NEWCOMER),
    Page("new-alerts", "/alerts/", Reader.NEWCOMER),
    Page("new-watchlists", "/watchlists/", Reader.NEWCOMER),
)
#: A new product, a watched one twice, one in a share text, a short link, and an odd ID.
PASTED = """\
3514453298386183303
{product}
{product}
【半身裙】https://haohuo.jinritemai.com/views/product/item2?id=3514453298386183777 复制打开抖音
https://v.douyin.com/iAbCdEf/
12345
"""
#: Models whose page of a row is checked too, and those whose page to add a row is.
ADMIN_ROWS = (
    "watchlist",
    "watch",
    "import",
    "product",
    "shop",
    "follow",
    "user",
    "alert",
    "message",
    "provideraccount",
    "budget",
)
ADMIN_ADDS = ("watchlist", "user", "budget")


def places(product: Product, other: Product, watchlist: Watchlist) -> dict[str, object]:
    """Return the values for the names in addresses. Adds an invitation to the list, a draft of an
    import, a finished import of the two products onto a new list, and a search that finds them."""
    from django.utils import timezone

    from monitor.models import (
        AssortmentEntry,
        Attempt,
        Change,
        Message,
        SearchPage,
        User,
    )
    from monitor.people import channels
    from monitor.people.recovery import recovery_token
    from monitor.telling.leaving import token
    from monitor.watching.following import follow_shop
    from monitor.watching.imports import Source, Target, add_some, start_import
    from monitor.watching.invitations import invite, token_of
    from monitor.watching.uploads.lines import read_text

    now, owner = timezone.now(), watchlist.owner
    text = PASTED.format(product=product.num_iid)
    draft = start_import(owner, Source(text, tuple(read_text(text))), Target(watchlist), now)
    text_of_both = f"{product.num_iid} {other.num_iid} 0"
    new_list = Target(None, "第二份清单", watchlist.interval)
    added = start_import(owner, Source(text_of_both, tuple(read_text(text_of_both))), new_list, now)
    add_some(added, now)
    former, _ = User.objects.get_or_create(
        email="former@example.com", defaults={"is_active": False, "deleted_at": now}
    )
    recoveries = {
        kind: Message.to(owner, now, kind=kind, context={"network": "203.0.113.7", **context})
        for kind, context in (
            ("address_changed", {"is_undoable": True}),
            ("new_device", {}),
            ("account_deleted", {"user": former.pk}),
        )
    }
    recoveries["address_changed"].address = "lin@example.com"
    for mail in recoveries.values():
        mail.save()
    channel = owner.channels.added().first() or channels.add(
        owner, "webhook", "ERP", {}, "…hook", now
    )
    body = '{"version": 2, "title": "连衣裙"}' * 30
    message = Message.of_alerts(channel, now, status="sent", attempts=1, sent_body=body)
    message.save()
    Attempt.objects.create(
        message=message, began_at=now, ended_at=now, outcome="sent", answer="200 OK"
    )
    listed = [
        {"num_iid": row.num_iid, "title": row.title, "price": 6300, "sales": None}
        for row in (product, other)
    ]
    SearchPage.objects.create(words="连衣裙", page=1, products=listed, read_at=now)
    assert other.shop
    follow = follow_shop(watchlist, other.shop, now, adds="best")
    listing = {
        "shop": other.shop,
        "listed_at": now,
        "appeared_at": now,
        "reading": 2,
        "is_best": True,
    }
    AssortmentEntry.objects.get_or_create(product=other, defaults=listing)
    came = {"before": "absent", "after": "listed", "last_seen_before": now, "first_seen_after": now}
    Change.objects.create(product=other, field="range", **came)
    alert = watchlist.alerts.order_by("-pk").values_list("pk", flat=True).first()
    return {
        "product": product.num_iid,
        "other": other.num_iid,
        "shop": product.shop_id,
        "followed": other.shop_id,
        "follow": follow.pk,
        "watchlist": watchlist.pk,
        "rule": watchlist.rules.earliest("pk").pk,
        "watch": watchlist.watches.get(product=product).pk,
        "alert": alert or 0,
        "draft": draft.pk,
        "channel": channel.pk,
        "message": message.pk,
        "added": added.pk,
        "leave_list": token(owner, watchlist),
        "leave_all": token(owner),
        "address_back": recovery_token(recoveries["address_changed"]),
        "restore": recovery_token(recoveries["account_deleted"]),
        "login": recovery_token(recoveries["new_device"]),
        "invitation": token_of(invite(owner, "guest@example.com", now, watchlist)),
    }


def admin_pages() -> list[Page]:
    """Return the operator's pages: the list of every registered model, and the pages of
    `ADMIN_ROWS` and `ADMIN_ADDS`."""
    from django.contrib import admin
    from django.urls import reverse

    def page(name: str, view: str, **options: Any) -> Page:
        return Page(f"admin-{name}", reverse(f"admin:{view}", **options), Reader.OPERATOR)

    pages = [page("index", "index"), page("health", "health")]
    for model in admin.site._registry:
        name = model._meta.model_name or ""
        view = f"{model._meta.app_label}_{name}"
        pages.append(page(name, f"{view}_changelist"))
        row = model._default_manager.order_by("-pk").first() if name in ADMIN_ROWS else None
        if row is not None:
            pages.append(page(f"{name}-row", f"{view}_change", args=[row.pk]))
        if name in ADMIN_ADDS:
            pages.append(page(f"{name}-add", f"{view}_add"))
    return pages
