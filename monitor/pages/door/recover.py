"""The page behind the links that give an account back: of a log-in, a change of the address, or a
deletion."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from monitor.models import User
from monitor.pages.shared.answers import behind_link
from monitor.people.people import AddressTakenError
from monitor.people.recovery import Recovery, RecoveryOverError, find_recovery, lock_account
from monitor.text.devices import device
from monitor.watching import account_deletion

OVER = {"again": "monitor:forgotten"}


@behind_link(find_recovery, **OVER)
def recover(request: HttpRequest, recovery: Recovery) -> HttpResponse:
    """Say what the link undoes; a POST does that, in any browser."""
    now = timezone.now()
    if request.method != "POST":
        verb = _("Restore the account") if recovery.is_of_deletion else _("This was not me")
        browser = device(recovery.mail.context.get("browser", ""))
        zone = timezone.get_current_timezone()
        context = {"verb": verb, "recovery": recovery, "device": browser, "zone": zone}
        return render(request, "doors/recover.html", context)
    try:
        if not recovery.is_of_deletion:
            user = lock_account(recovery, now)
            return render(request, "doors/locked.html", {"email": user.email})
        account_deletion.restore_account(recovery.user, now)
    except (AddressTakenError, RecoveryOverError, User.DoesNotExist):
        return render(request, "doors/over.html", OVER, status=404)
    messages.success(request, _("Your account is back. Log in as before."))
    return redirect("monitor:login")
