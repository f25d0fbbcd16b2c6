"""The login, in steps: allauth's views with our forms and throttles."""

from datetime import timedelta
from typing import Any

from allauth.account.views import LoginView
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from monitor.pages.shared.account_forms import SignInForm, move_focus


class Login(LoginView):
    """The first step. An attempt that was one too many has its own status."""

    template_name = "login.html"
    form_class = SignInForm
    extra_context = {"registration": settings.REGISTRATION}

    def form_valid(self, form: SignInForm) -> HttpResponse:
        if self.request.GET.get("ended") == "undone":
            text = _("Your session had ended, so what you asked for last was not done. Ask for it again.")
            messages.warning(self.request, text)
        response: HttpResponse = super().form_valid(form)
        return response

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        move_focus(form, "username", "password")
        response: HttpResponse = super().form_invalid(form)
        return throttled(response, form.wait)

    def _redirect_to_pending_stage(self, request: HttpRequest, stage: Any) -> None:
        """Begin anew: a second step that the user has left must not hide the first one."""


login = Login.as_view()


def throttled(response: HttpResponse, wait: timedelta) -> HttpResponse:
    """Give an answer that asks to wait its own status."""
    if wait:
        response.status_code = 429
        response["Retry-After"] = str(-(-wait // timedelta(seconds=1)))
    return response
