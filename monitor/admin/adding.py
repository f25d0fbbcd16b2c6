"""The form of a watchlist, with fields to add products: pasted lines, a file, or both."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from monitor.models import Import
from monitor.pages.imports.forms import lines_of, rows_of
from monitor.pages.shared.fields import FILE_TYPES
from monitor.uploads.files import Refusal
from monitor.uploads.links import UploadLine
from monitor.watchlists.imports import Source
from monitor.watchlists.words import REFUSAL_WORDS

MOST_LINES = 2000


class ProductsForm(forms.Form):
    """The products alone, to be read before the transaction begins: a large file takes a while."""

    #: The import of the products, once the watchlist was saved.
    begun: Import | None = None

    lines = forms.CharField(
        label=_("Add products"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "cols": 80}),
        help_text=_("Product links, share texts or IDs, one per line."),
    )
    file = forms.FileField(
        label=_("Or a file"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": FILE_TYPES}),
        help_text=_(
            "CSV, text or Excel (.xlsx), up to 5 MB and 50,000 rows. "
            "A column called “商品ID”, “ID” or “链接” is found by its heading."
        ),
    )

    def clean_lines(self) -> tuple[UploadLine, ...]:
        lines = self._text.splitlines()
        if len(lines) > MOST_LINES:
            raise forms.ValidationError(
                _("%(count)d lines: at most %(most)d can be pasted at once."),
                params={"count": len(lines), "most": MOST_LINES},
            )
        return lines_of("\n".join(lines))

    def clean_file(self) -> tuple[UploadLine, ...]:
        file: UploadedFile[Any] | None = self.cleaned_data["file"]
        return rows_of(file) if file else ()

    @property
    def source(self) -> Source | None:
        """The products of a valid form; None if it names none."""
        lines, rows = self.cleaned_data["lines"], self.cleaned_data["file"]
        file = self.files.get("file")
        return Source(self._text, lines, (file.name or "") if file else "", rows) if lines or rows else None

    @property
    def _text(self) -> str:
        return str(self.data.get("lines", "")).replace("\0", "")


def products_of(request: HttpRequest) -> ProductsForm:
    """The request's form, read once and kept on the request."""
    form: ProductsForm | None = getattr(request, "products_form", None)
    if form is None:
        form = ProductsForm(request.POST, request.FILES)
        if getattr(request, "is_too_large", False):
            form.add_error("file", REFUSAL_WORDS[Refusal.LARGE_FILE])
        form.is_valid()
        request.products_form = form  # type: ignore[attr-defined]
    return form


class WatchlistAdminForm(forms.ModelForm):  # type: ignore[type-arg]
    """A watchlist, with the fields of `ProductsForm`, which were read before."""

    lines = ProductsForm.base_fields["lines"]
    file = ProductsForm.base_fields["file"]

    #: None unless the form was sent.
    products: ProductsForm | None = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.products is None:
            return cleaned
        for name, errors in self.products.errors.as_data().items():
            self.add_error(name, list(errors))
        if self.instance.deleted_at and self.products.is_valid() and self.products.source:
            self.add_error("lines", _("This watchlist was deleted. Restore it before adding products."))
        return cleaned
