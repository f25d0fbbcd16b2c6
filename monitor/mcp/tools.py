"""The tools. Their descriptions are read by models: short, and what to call first."""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Literal

from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from mcp.types import ToolAnnotations
from pydantic import Field, ValidationError

from monitor.api.schemas import (
    AddedWords,
    Adds,
    Id,
    Instant,
    Marked,
    MostAdded,
    Muted,
    NumIid,
    ProductsAdded,
    Text,
)
from monitor.judging.rules.kinds import Kind
from monitor.mcp import results
from monitor.mcp.calls import delete, get, read, write
from monitor.models.searches import MOST_PAGES
from monitor.provider.observation import Status
from monitor.watching.uploads.sheets import MOST_YUAN

#: Points of a line in one answer.
MOST_POINTS = 200
#: How many changes of a product an answer lists, and how many of its newest are searched for them:
#: changes of sales are left out.
RECENT_CHANGES, AMONG = 10, 100
READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
WRITES = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
REMOVES = WRITES.model_copy(update={"destructive_hint": True})

ListId = Annotated[Id | None, Field(description="ID of a watchlist; without it, all")]
ShopId = Annotated[Id, Field(description="ID of a shop, as `product` tells it")]
OneList = Annotated[Id, Field(description="ID of a watchlist")]
EditableList = Annotated[Id, Field(description="ID of a watchlist that the user may edit")]
Since = Annotated[
    Instant | None, Field(description="A time with its zone, such as 2026-11-25T00:00:00+08:00")
]
Cursor = Annotated[str, Field(description="`next` of the page before")]
Limit = Annotated[int, Field(ge=1, le=50)]
Pages = Annotated[int, Field(ge=1, le=MOST_PAGES, description="The first pages, as one list")]
Price = Annotated[Decimal | None, Field(ge=0, le=MOST_YUAN, decimal_places=2, description="Yuan")]


async def watchlists() -> results.ToolWatchlists:
    """All watchlists that the token sees, with the numbers of products and of unread alerts."""
    return results.ToolWatchlists(items=await get("/watchlists"))


async def find_products(
    search: Annotated[
        Text, Field(description="Words of the title or the shop's name, an ID or a link")
    ] = "",
    watchlist: ListId = None,
    changed_within: Literal["24h", "7d"] | None = None,
    status: Status | Literal["failing", "paused"] | None = None,
    lowest_price: Price = None,
    highest_price: Price = None,
    sort: Annotated[
        Literal[
            "-changed",
            "day",
            "-day",
            "week",
            "-week",
            "price",
            "-price",
            "-sales",
            "-units",
            "-revenue",
            "title",
        ],
        Field(
            description="'-changed': last changed first. 'day' and 'week': the biggest price drop "
            "within a day or a week first; '-day' and '-week': the biggest rise first; "
            "'-units' and '-revenue': the largest a day first"
        ),
    ] = "-changed",
    cursor: Cursor = "",
    limit: Limit = 20,
) -> results.ToolPage[results.ToolListedProduct]:
    """Watched products that pass the filters. For products that are cheaper or dearer than a week
    ago, sort by 'week' or '-week' and compare `price` with `price_a_week_ago`."""
    return await read(
        results.ToolPage[results.ToolListedProduct],
        "/products",
        q=search,
        watchlist=watchlist,
        changed=changed_within,
        status=status,
        min=_fen(lowest_price),
        max=_fen(highest_price),
        sort=sort,
        cursor=cursor,
        limit=limit,
    )


async def product(num_iid: NumIid) -> results.ToolProductInFull:
    """One product: its state, the watchlists that it is on, with notes, target prices and margins,
    and what changed last, other than sales."""
    newest = await get(f"/products/{num_iid}/changes", limit=AMONG)
    recent = [change for change in newest["items"] if change["field"] != "sales"][:RECENT_CHANGES]
    return results.ToolProductInFull(**await get(f"/products/{num_iid}"), recent_changes=recent)


async def price_history(
    num_iid: NumIid, line: Literal["price", "list_price", "sales"] = "price", since: Since = None
) -> results.ToolHistory:
    """The price, list price (both in yuan) or sales of a product over time, by default of the last
    30 days."""
    answer = await get(f"/products/{num_iid}/points", since=since)
    points = [
        results.ToolPoint(at=at["at"], value=results.readable(line, at["value"]))
        for at in answer[line]
    ]
    return results.ToolHistory(
        until=answer["until"],
        points=points[:MOST_POINTS],
        next_since=points[MOST_POINTS].at if len(points) > MOST_POINTS else None,
    )


async def changes(
    field: Literal["price", "status"] = "price",
    watchlist: ListId = None,
    since: Since = None,
    cursor: Cursor = "",
    limit: Limit = 20,
) -> results.ToolPage[results.ToolWatchedChange]:
    """Each change of prices, or of statuses (on sale, off shelf, gone), of all watched products or
    of one watchlist, the newest first; by default of the last 7 days."""
    query = {
        "field": field,
        "watchlist": watchlist,
        "since": since,
        "cursor": cursor,
        "limit": limit,
    }
    return await read(results.ToolPage[results.ToolWatchedChange], "/changes", **query)


async def alerts(
    unread: bool = True,
    watchlist: ListId = None,
    kind: Kind | None = None,
    product: NumIid | None = None,
    since: Since = None,
    cursor: Cursor = "",
    limit: Limit = 20,
) -> results.ToolPage[results.ToolAlert]:
    """Alerts of the merchant's rules, the newest first; by default those that are unread."""
    query = {
        "watchlist": watchlist,
        "kind": kind,
        "product": product,
        "since": since,
        "cursor": cursor,
        "limit": limit,
    }
    return await read(results.ToolPage[results.ToolAlert], "/alerts", unread=unread, **query)


async def rules(
    watchlist: OneList, cursor: Cursor = "", limit: Limit = 20
) -> results.ToolPage[results.ToolRule]:
    """The rules of a watchlist and of single products on it: what gives alerts."""
    return await read(
        results.ToolPage[results.ToolRule],
        f"/watchlists/{watchlist}/rules",
        cursor=cursor,
        limit=limit,
    )


async def rivals(watchlist: OneList, num_iid: NumIid) -> results.ToolStanding:
    """The rivals that a product on a watchlist is compared with, and where it stands among them by
    price."""
    return await read(results.ToolStanding, f"/watchlists/{watchlist}/watches/{num_iid}/rivals")


async def followed_shops(watchlist: OneList) -> results.ToolFollows:
    """The shops that a watchlist follows: how often each is read, and what of it joins the list by
    itself."""
    return results.ToolFollows(items=await get(f"/watchlists/{watchlist}/follows"))


async def shop_range(
    shop: ShopId, cursor: Cursor = "", limit: Limit = 20
) -> results.ToolPage[results.ToolRangeEntry]:
    """All that a followed shop sells or has sold, as readings of the shop tell it: coarser than
    checks of a product."""
    try:
        return await read(
            results.ToolPage[results.ToolRangeEntry],
            f"/shops/{shop}/range",
            cursor=cursor,
            limit=limit,
        )
    except ToolError as error:
        hint = (
            " A watchlist has to follow the shop first: call `follow_shop`."
            if "(404)" in str(error)
            else ""
        )
        raise ToolError(f"{error}{hint}") from None


async def usage() -> results.ToolUsage:
    """The user's allowance and what of it is used: checks of today, watchlists, products,
    messages."""
    return await read(results.ToolUsage, "/usage")


async def mark_alerts_read(
    alerts: Annotated[list[Id], Field(min_length=1, max_length=100)],
) -> Marked:
    """Mark alerts as read, by their IDs, for the user and not for other members of the list."""
    return await write(Marked, "/alerts/read", ids=alerts)


async def mute_product(num_iid: NumIid, length: Literal["day", "week"] = "day") -> Muted:
    """No alerts of a product for a day or a week, on any watchlist of the user."""
    return await write(Muted, f"/products/{num_iid}/mute", **{"for": length})


async def make_watchlist(name: Text) -> results.ToolWatchlist:
    """Make an empty watchlist. Its name differs from those of the user's other lists."""
    return await write(results.ToolWatchlist, "/watchlists", name=name)


async def watch_products(
    watchlist: EditableList,
    products: Annotated[
        list[Text],
        Field(min_length=1, max_length=20, description="IDs, links or share texts of Douyin"),
    ],
) -> ProductsAdded:
    """Add products to a watchlist. Their first checks count against the user's allowance."""
    return await write(ProductsAdded, f"/watchlists/{watchlist}/products", products=products)


async def follow_shop(
    watchlist: EditableList,
    shop: ShopId,
    every_hours: Annotated[
        int | None, Field(ge=1, le=720, description="The hours between two readings")
    ] = None,
    adds: Adds | None = None,
    words: AddedWords | None = None,
    lowest_price: Price = None,
    highest_price: Price = None,
    most: MostAdded | None = None,
) -> results.ToolFollow:
    """Let a watchlist follow the shop of a watched product, or change on which terms it does; 0
    removes a price. A reading costs a check a page; products that join the list by themselves cost
    checks like all others."""
    bounds = {"lowest": lowest_price, "highest": highest_price}
    given = {
        "adds": adds,
        "words": words,
        "most": most,
        "interval_seconds": every_hours and every_hours * 3600,
    }
    sent: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    sent |= {name: _fen(yuan) or None for name, yuan in bounds.items() if yuan is not None}
    return await write(results.ToolFollow, f"/watchlists/{watchlist}/follows", shop=shop, **sent)


async def search_douyin(words: Text, pages: Pages = 1, ask: bool = False) -> results.ToolSearch:
    """What a search on Douyin has found in the last 24 hours. While `state` is 'unasked' or
    'failed', `ask` asks for the first page that is missing, for a check; then call without `ask`,
    after some seconds, until it is 'done'."""
    search = {"q": words, "pages": pages}
    return await (write if ask else read)(results.ToolSearch, "/search", **search)


async def pause_product(
    watchlist: EditableList, num_iid: NumIid, paused: bool = True
) -> results.ToolWatch:
    """Stop checks and alerts of a product on one watchlist; with `paused` false, go on with
    them."""
    return await write(
        results.ToolWatch, f"/watchlists/{watchlist}/watches/{num_iid}", "PATCH", is_paused=paused
    )


async def set_amounts(
    watchlist: EditableList,
    num_iid: NumIid,
    target_price: Price = None,
    cost: Price = None,
    profit: Price = None,
) -> results.ToolWatch:
    """Set the target price, the cost or the wanted profit of a product on one watchlist, in yuan.
    An alert comes when the price is below the target; 0 removes an amount."""
    given = {"target_price": target_price, "cost": cost, "profit": profit}
    sent = {name: _fen(yuan) or None for name, yuan in given.items() if yuan is not None}
    return await write(
        results.ToolWatch, f"/watchlists/{watchlist}/watches/{num_iid}", "PATCH", **sent
    )


async def remove_product(watchlist: EditableList, num_iid: NumIid) -> results.ToolWatchlist:
    """Take a product off a watchlist, with its note, tags, target price and own rules there. It
    cannot be undone: ask the user first, or pause it."""
    await delete(f"/watchlists/{watchlist}/watches/{num_iid}")
    return await read(results.ToolWatchlist, f"/watchlists/{watchlist}")


async def unfollow_shop(watchlist: EditableList, shop: ShopId) -> results.ToolFollows:
    """Follow a shop no longer. What was read of it stays, and what has joined the watchlist; the
    terms are lost."""
    await delete(f"/watchlists/{watchlist}/follows/{shop}")
    return await followed_shops(watchlist)


def _fen(yuan: Decimal | None) -> int | None:
    return None if yuan is None else int(yuan * 100)


_OF_SHOPS = (followed_shops, shop_range)
_READING = (
    watchlists,
    find_products,
    product,
    price_history,
    changes,
    alerts,
    rules,
    rivals,
    *_OF_SHOPS,
    usage,
)
_OF_LISTS = (make_watchlist, watch_products, pause_product, set_amounts, follow_shop)
_CHANGING = (mark_alerts_read, mute_product, search_douyin, *_OF_LISTS)


class PlainTool(Tool):
    """Says which argument is wrong in which way, as the API does."""

    async def run(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return await super().run(*args, **kwargs)
        except ToolError as error:
            if not isinstance(cause := error.__cause__, ValidationError):
                raise
            faults = (
                f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in cause.errors()
            )
            raise ToolError(f"Error executing tool {self.name}: {'; '.join(faults)}") from cause


def _tool(function: Callable[..., Any], annotations: ToolAnnotations) -> Tool:
    """Return a tool that refuses unknown arguments: a filter with a wrong name would filter
    nothing."""
    tool = PlainTool.from_function(function, annotations=annotations)
    arguments = tool.fn_metadata.arg_model
    arguments.model_config["extra"] = "forbid"
    arguments.model_rebuild(force=True)
    return tool.model_copy(update={"parameters": arguments.model_json_schema()})


TOOLS = [
    *(_tool(function, READS) for function in _READING),
    *(_tool(function, WRITES) for function in _CHANGING),
    *(_tool(function, REMOVES) for function in (remove_product, unfollow_shop)),
]
