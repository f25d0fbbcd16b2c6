"""Deleting the user's own account: what goes, who gets which list; and the page that restores it."""

from typing import Any

from django import forms
from django.contrib import auth, messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from monitor import account_deletion
from monitor.accounts import links
from monitor.budget.allowances import AllowanceError
from monitor.models import Alert, User, Watch, Watchlist
from monitor.models.users import ACCOUNT_KEPT
from monitor.pages.shared.account_forms import CurrentPasswordForm
from monitor.pages.shared.answers import PageRequest, page, proof_wanted, signed_in
from monitor.text.formatting import one_line

DELETE = "delete"


class DeleteAccountForm(CurrentPasswordForm):
    """For each list of the user with members, whether it is deleted or who gets it; then the password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lists = list(
            Watchlist.objects.kept()
            .filter(owner=self.user)
            .prefetch_related("memberships__user")
            .order_by("name", "pk")
        )
        for watchlist in self.lists:
            members = [member for member in watchlist.memberships.all() if member.user.is_active]
            if members:
                heirs = [(str(member.pk), _to(member.user)) for member in members]
                field = forms.ChoiceField(
                    label=one_line(watchlist.name, 60),
                    choices=[("", pgettext("empty choice", "Choose")), *heirs, (DELETE, _("Delete the list"))],
                    widget=forms.Select({"class": "form-select"}),
                )
                self.fields[_name(watchlist)] = field
        if not self.user.has_usable_password():  # They log in another way, and have just done so.
            del self.fields["password"]
        elif self.is_bound:
            self.fields["password"].widget.attrs["autofocus"] = True
        self.order_fields([*(name for name in self.fields if name != "password"), "password"])

    @property
    def shared(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name != "password"]

    def heirs(self) -> dict[int, int]:
        """The chosen memberships, by the keys of their lists."""
        chosen = {watchlist.pk: self.cleaned_data.get(_name(watchlist)) for watchlist in self.lists}
        return {key: int(member) for key, member in chosen.items() if member and member != DELETE}


def _name(watchlist: Watchlist) -> str:
    return f"list-{watchlist.pk}"


def _to(user: User) -> str:
    return _("Hand over to %(name)s") % {"name": one_line(user.get_full_name(), 60)}


@signed_in("GET", "POST")
@sensitive_post_parameters()
def delete_account(request: PageRequest) -> HttpResponse:
    """Say what goes; a POST with the password hides the account."""
    if not request.user.has_usable_password() and (wanted := proof_wanted(request)):
        return wanted
    refusal = account_deletion.refusal(request.user)
    form = DeleteAccountForm(request.POST if request.method == "POST" else None, user=request.user)
    if request.method != "POST" or refusal is not None or not form.is_valid():
        context = {"nav": "settings", "form": form, "refusal": refusal, "kept": ACCOUNT_KEPT, **_counts(request.user)}
        return page(request, "settings/delete_account.html", context)
    try:
        account_deletion.delete_account(request.user, form.heirs(), request.now)
    except AllowanceError:
        messages.warning(request, _("A watchlist exceeds the new owner's allowance."))
        return redirect("monitor:delete-account")
    except ObjectDoesNotExist:  # A member has left meanwhile.
        messages.warning(request, _("Something changed meanwhile. Please check again."))
        return redirect("monitor:delete-account")
    email = request.user.email
    auth.logout(request)
    return render(request, "doors/account_deleted.html", {"email": email, "kept": ACCOUNT_KEPT})


def _counts(user: User) -> dict[str, int]:
    """What goes with the account."""
    lists = Watchlist.objects.kept().filter(owner=user)
    return {
        "list_count": lists.count(),
        "product_count": Watch.objects.filter(watchlist__in=lists).count(),
        "alert_count": Alert.objects.filter(watchlist__in=lists).count(),
    }


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def restore(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind the link in the mail, in any browser: a POST restores the account."""
    user = links.account_to_restore(token)
    if user is None:
        return render(request, "doors/over.html", status=404)
    if request.method != "POST":
        return render(request, "doors/restore_account.html", {"email": user.email})
    try:
        account_deletion.restore_account(user, timezone.now())
    except User.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("Your account is back. Log in as before."))
    return redirect("monitor:login")
