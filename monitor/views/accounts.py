"""Signing in and out, the password and the language."""

from django.conf import settings
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse_lazy
from django.utils.translation import check_for_language
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from monitor.forms.accounts import NewPasswordForm, SignInForm

login = LoginView.as_view(template_name="login.html", authentication_form=SignInForm, redirect_authenticated_user=True)
logout = LogoutView.as_view()
password = PasswordChangeView.as_view(
    template_name="password.html", form_class=NewPasswordForm, success_url=reverse_lazy("monitor:products")
)


@require_POST
def language(request: HttpRequest) -> HttpResponseBase:
    """Switch the language: Django's own view keeps it for this browser, the user's row for him everywhere."""
    wanted = request.POST.get("language", "")
    if request.user.is_authenticated and wanted in dict(settings.LANGUAGES) and check_for_language(wanted):
        request.user.language = wanted
        request.user.save(update_fields=["language"])
    return set_language(request)
