"""Signing in and out, the password and the language."""

from django.conf import settings
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse_lazy
from django.utils.translation import check_for_language
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.i18n import set_language

from monitor.forms.accounts import NewPasswordForm, SignInForm
from monitor.views.pages import PageRequest, signed_in

login = LoginView.as_view(template_name="login.html", authentication_form=SignInForm, redirect_authenticated_user=True)
logout = LogoutView.as_view()
_password = PasswordChangeView.as_view(
    template_name="password.html", form_class=NewPasswordForm, success_url=reverse_lazy("monitor:products")
)


@signed_in
@require_http_methods(["GET", "POST"])
def password(request: PageRequest) -> HttpResponse:
    """A new password, which ends all other sessions."""
    response = _password(request)
    assert isinstance(response, HttpResponse)
    return response


@require_GET
def to_login(request: HttpRequest) -> HttpResponse:
    """Operators log in like everybody; whoever has and still may not see a page is told so."""
    if request.user.is_authenticated and not request.user.is_staff:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next", ""))


@require_POST
def language(request: HttpRequest) -> HttpResponseBase:
    """Switch the language: Django's own view keeps it for this browser, the user's row for him everywhere."""
    wanted = request.POST.get("language", "")
    if request.user.is_authenticated and wanted in dict(settings.LANGUAGES) and check_for_language(wanted):
        request.user.language = wanted
        request.user.save(update_fields=["language"])
    return set_language(request)
