"""What a comparison of products is asked for; all of it lives in the URL."""

from django import forms
from django.utils.translation import gettext_lazy as _

from monitor.pages.shared.fields import Filters, styled
from monitor.pages.shared.product_filters import ProductFilters
from monitor.uploads.links import find_num_iid

YUAN, PERCENT = "yuan", "percent"
UNIT_CHOICES = [(YUAN, "¥"), (PERCENT, _("% of the start"))]


class CompareForm(Filters):
    """The search for more products, and what prices are told in. A GET form: bad values are ignored."""

    q = forms.CharField(
        label=_("Search your products"),
        required=False,
        max_length=500,
        initial="",
        widget=styled(forms.TextInput, type="search", placeholder=_("Title, shop, ID or link"), autocomplete="off"),
    )
    unit = forms.ChoiceField(required=False, initial=YUAN, choices=UNIT_CHOICES)

    @property
    def filters(self) -> ProductFilters:
        search = self.chosen("q").strip()
        found, _problem = find_num_iid(search) if "://" in search else (None, None)
        return ProductFilters(search=search, num_iid=found or "")
