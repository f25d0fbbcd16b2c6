"""The page of the system's health, which belongs to no model."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from monitor.admin.auditing import log
from monitor.admin.health import findings
from monitor.models import AuditKind, ProviderAccount, User
from monitor.polling.budget.ledger import close_circuit, halt, probe_now, resume
from monitor.showing.reads.health import read_health
from monitor.tasks import broker_fault


@require_http_methods(["GET", "HEAD", "POST"])
def health(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show the health of the system. POST stops all checks, starts them again or asks for a trial
    call."""
    may_act = request.user.has_perm("monitor.change_provideraccount")
    if request.method == "POST":
        if not may_act:
            raise PermissionDenied
        _act(request)
        return HttpResponseRedirect(request.path)
    facts = read_health(timezone.now(), broker_fault())
    context |= {"findings": findings(facts), "workers": facts.workers}
    context |= {"title": _("Health"), "may_act": may_act, "now": facts.now}
    return TemplateResponse(request, "admin/health.html", context)


def _act(request: HttpRequest) -> None:
    assert isinstance(request.user, User)
    now, otherwise, kind = timezone.now(), _("Checks were not stopped."), AuditKind.CHECKS_STARTED
    match request.POST.get("action"):
        case "halt":
            done, text, entry = (
                halt(request.user, now),
                _("All checks are stopped."),
                _("Stopped all checks."),
            )
            otherwise, kind = _("Checks were stopped already."), AuditKind.CHECKS_STOPPED
        case "resume":
            done, text, entry = resume(), _("Checks go on."), _("Started checks again.")
        case "probe":
            done, text, entry = (
                probe_now(now),
                _("The next check is a trial call."),
                _("Requested a trial call."),
            )
            kind = AuditKind.TRIAL_CALL
        case _:
            done, text, entry = close_circuit(), _("Checks go on."), _("Started checks again.")
    if done:
        log(request, ProviderAccount.objects.all(), entry, kind)
        messages.success(request, text)
    else:
        messages.info(request, otherwise)
