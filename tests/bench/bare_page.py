"""A bare Django page, to compare the site's pages with.

A session, a user, one query with a join, and 50 rows of seven cells, behind `MIDDLEWARE`."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template import engines
from django.urls import path

from monitor.models import Product

MIDDLEWARE = [
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "tests.bench.bare_page.only_page",
]
ROWS = 50
_TEMPLATE = """<!doctype html><title>Products</title><p>{{ request.user.email }}</p><table>
{% for product in products %}
<tr><td><a href="{% url 'bare-page' %}?{{ product.pk }}">{{ product.title }}</a></td>
<td>{{ product.num_iid }}</td>
<td>{{ product.shop.name }}</td><td>{{ product.price }}</td><td>{{ product.sales }}</td>
<td>{{ product.changed_at|date:"Y-m-d H:i" }}</td>
<td>{% if product.failing_since %}failing{% else %}well{% endif %}</td></tr>{% endfor %}</table>"""
_template = engines["django"].from_string(_TEMPLATE)


def only_page(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Django middleware: the site has this page only."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        request.urlconf = __name__
        return get_response(request)

    return middleware


@login_required
def rows(request: HttpRequest) -> HttpResponse:
    products = Product.objects.select_related("shop").order_by("pk")[:ROWS]
    return HttpResponse(_template.render({"products": products}, request))


urlpatterns = [path("", rows, name="bare-page")]
