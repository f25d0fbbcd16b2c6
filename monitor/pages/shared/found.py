"""What a page is about, or 404 where the user sees none."""

from django.http import Http404

from monitor.history import reads as history
from monitor.models import Product
from monitor.pages.shared.answers import PageRequest


def found_product(request: PageRequest, num_iid: str) -> Product:
    """The product of that ID, if the user watches it; any other is not found."""
    try:
        return history.product_for(request.user, num_iid, request.now)
    except Product.DoesNotExist:
        raise Http404 from None
