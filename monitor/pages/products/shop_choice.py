"""The choice of a shop, to which the products table is narrowed: a menu in its toolbar, and a page without scripts."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from monitor.pages.products.forms import ProductFilterForm
from monitor.pages.products.reads import MOST_SHOPS, shops_of
from monitor.pages.products.table import TableState
from monitor.pages.shared.answers import PageRequest, page, signed_in
from monitor.pages.shared.watchlist_reads import watchlist_choices

LONGEST_NAME = 200


@signed_in
@require_safe
def shop_choice(request: PageRequest) -> HttpResponse:
    """Shops that sell what the user watches, on the list that is shown if it is one; the other filters stay."""
    lists = watchlist_choices(request.user)
    form = ProductFilterForm(request.GET, watchlists=lists)
    state = TableState(form.state)
    name = request.GET.get("name", "")[:LONGEST_NAME].replace("\0", "").strip()
    shops = shops_of([one.pk for one in lists if form.filters.watchlist in (None, one.pk)], name)
    context = {
        "nav": "products",
        "name": name,
        "state": state,
        "chosen": form.filters.shop,
        "any_shop": state.query(shop="", page=""),
        "choices": [{"shop": shop, "query": state.query(shop=str(shop.pk), page="")} for shop in shops[:MOST_SHOPS]],
        "has_more": len(shops) > MOST_SHOPS,
    }
    return page(request, "shop_choice.html", context, region="choices")
