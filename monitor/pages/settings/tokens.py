"""Tokens of the API: the list, a new one, which is shown once, and the end of one."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from monitor.models import ApiToken, User, Watchlist
from monitor.pages.shared.answers import PageRequest, page, proof_wanted, signed_in
from monitor.pages.shared.fields import StyledForm
from monitor.people import api_tokens
from monitor.people.visitors import Visitor
from monitor.text.formatting import one_line


class ListField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A choice of lists by name."""

    def label_from_instance(self, obj: Any) -> str:
        return one_line(obj.name)


class NewTokenForm(StyledForm):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        widget=forms.TextInput({"placeholder": gettext_lazy("e.g. Daily report")}),
    )
    scope = forms.TypedChoiceField(
        label=gettext_lazy("Rights"), coerce=ApiToken.Scope, choices=ApiToken.Scope.choices
    )
    watchlist = ListField(
        label=gettext_lazy("Watchlist"),
        required=False,
        queryset=Watchlist.objects.none(),
        empty_label=gettext_lazy("All lists"),
    )
    lasts = forms.TypedChoiceField(
        label=gettext_lazy("Valid for"),
        coerce=lambda days: timedelta(days=int(days)),
        choices=[
            (30, gettext_lazy("30 days")),
            (90, gettext_lazy("90 days")),
            (365, gettext_lazy("1 year")),
        ],
        initial=365,
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["watchlist"]
        assert isinstance(field, ListField)
        field.queryset = Watchlist.objects.for_user(user).order_by("name", "pk")

    def clean_name(self) -> str:
        return one_line(self.cleaned_data["name"])


@signed_in("GET")
def tokens(request: PageRequest) -> HttpResponse:
    """Show the tokens that work, the newest first."""
    rows = (
        ApiToken.objects.current(request.now).filter(user=request.user).select_related("watchlist")
    )
    return page(request, "settings/tokens.html", {"nav": "settings", "tokens": rows})


@signed_in("GET", "POST")
@never_cache
def new_token(request: PageRequest) -> HttpResponse:
    """Show the form, after the password; a POST makes the token and shows its secret this once."""
    if wanted := proof_wanted(request, then=request.path):
        return wanted
    form = NewTokenForm(request.POST if request.method == "POST" else None, user=request.user)
    secret = ""
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            _token, secret = api_tokens.make_token(
                request.user,
                values["name"],
                values["lasts"],
                request.now,
                scope=values["scope"],
                watchlist=values["watchlist"],
                browser=Visitor.of(request).user_agent,
            )
        except api_tokens.TooManyTokensError:
            form.add_error(None, _("Too many tokens: end one first."))
    return page(
        request, "settings/new_token.html", {"nav": "settings", "form": form, "secret": secret}
    )


@signed_in("POST")
def end_token(request: PageRequest, token_key: int) -> HttpResponse:
    """End one of the user's tokens."""
    api_tokens.end_token(get_object_or_404(ApiToken, pk=token_key, user=request.user), request.now)
    messages.success(request, _("Token ended."))
    return redirect("monitor:tokens")
