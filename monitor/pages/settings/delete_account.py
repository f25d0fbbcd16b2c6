"""Deleting the user's own account: what goes."""

from typing import Any

from django.contrib import auth
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters

from monitor.models import Alert, User, Watch, Watchlist
from monitor.models.users import ACCOUNT_KEPT
from monitor.pages.settings.forms import DeleteAccountForm
from monitor.pages.shared.answers import PageRequest, page, proof_wanted, signed_in
from monitor.watching import account_deletion


@signed_in("GET", "POST")
@sensitive_post_parameters()
def delete_account(request: PageRequest) -> HttpResponse:
    """Say what goes; a POST with the password hides the account."""
    if not request.user.has_usable_password() and (wanted := proof_wanted(request)):
        return wanted
    is_last = account_deletion.is_last_operator(request.user)
    form = DeleteAccountForm(request.POST if request.method == "POST" else None, user=request.user)
    if request.method != "POST" or is_last or not form.is_valid():
        context = {
            "nav": "settings",
            "form": form,
            "is_last": is_last,
            "kept": ACCOUNT_KEPT,
            **_counts(request.user),
        }
        return page(request, "settings/delete_account.html", context)
    account_deletion.delete_account(request.user, request.now)
    email = request.user.email
    auth.logout(request)
    return render(request, "doors/account_deleted.html", {"email": email, "kept": ACCOUNT_KEPT})


def _counts(user: User) -> dict[str, Any]:
    """Return what goes with the account; `shared` are lists that a member could take over
    before."""
    lists = Watchlist.objects.kept().filter(owner=user)
    return {
        "list_count": lists.count(),
        "shared": lists.filter(memberships__user__is_active=True).distinct().order_by("name", "pk"),
        "product_count": Watch.objects.filter(watchlist__in=lists).count(),
        "alert_count": Alert.objects.filter(watchlist__in=lists).count(),
    }
