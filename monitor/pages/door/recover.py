"""The page behind the links that give an account back: of a log-in, a change of the address, or a
deletion."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from monitor.models import Message, User
from monitor.pages.shared.answers import behind_link
from monitor.people.people import AddressTakenError
from monitor.people.recovery import (
    Recovery,
    RecoveryKind,
    RecoveryOverError,
    find_recovery,
    lock_account,
)
from monitor.text.devices import device
from monitor.watching import account_deletion

OVER = {"again": "monitor:forgotten"}


@behind_link(find_recovery, **OVER)
def recover(request: HttpRequest, recovery: Recovery) -> HttpResponse:
    """Say what the link undoes; a POST does that, in any browser."""
    is_deletion = recovery.kind is RecoveryKind.DELETION
    if request.method != "POST":
        return render(
            request,
            "doors/recover.html",
            {
                "verb": _("Restore the account") if is_deletion else _("This was not me"),
                "kind": recovery.kind.name,
                "row": recovery.row,
                "user_of_link": recovery.user,
                "device": _device(recovery),
                "zone": timezone.get_current_timezone(),
            },
        )
    try:
        if not is_deletion:
            return render(
                request,
                "doors/locked.html",
                {"email": lock_account(recovery, timezone.now()).email},
            )
        account_deletion.restore_account(recovery.user, timezone.now())
    except (AddressTakenError, RecoveryOverError, User.DoesNotExist):
        return render(request, "doors/over.html", OVER, status=404)
    messages.success(request, _("Your account is back. Log in as before."))
    return redirect("monitor:login")


def _device(recovery: Recovery) -> str:
    """Return the browser of a log-in, which the mail about it names."""
    letters = Message.objects.filter(recipient=recovery.user, kind=Message.Kind.NEW_DEVICE)
    of_login = letters.filter(context__login=recovery.row.pk)
    return device(of_login.values_list("context__browser", flat=True).first() or "")
