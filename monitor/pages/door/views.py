"""The door: signing in and out, and the language."""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import check_for_language, gettext
from django.views.decorators.http import require_POST, require_safe
from django.views.i18n import set_language

from monitor.accounts.attempts import remember_device
from monitor.models import User
from monitor.pages.shared.account_forms import SignInForm

#: Remembers, for as long as somebody stands at the door, that the language there is one of his own choice.
CHOSEN = "chosen_language"
KEPT_AT_THE_DOOR = timedelta(minutes=15)


class _Login(LoginView):
    """Django's own; a refused attempt says by its status, too, that it was one too many."""

    template_name = "login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True
    extra_context = {"registration": settings.REGISTRATION}

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        """Where to go then; never back to the login."""
        url = super().get_redirect_url(request)
        return "" if url.partition("?")[0] == self.request.path else url

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response, user = super().form_valid(form), form.get_user()
        assert isinstance(user, User)
        remember_device(self.request, response, user.email)
        if self.request.GET.get("ended") == "undone":
            told = gettext("Your session had ended, so what you asked for last was not done. Ask for it again.")
            messages.warning(self.request, told)
        if _is_spoken(wanted := self.request.COOKIES.get(CHOSEN, "")):
            _speak(user, wanted)
            response.delete_cookie(CHOSEN, samesite="Lax")
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        assert isinstance(form, SignInForm)
        form.focus_what_failed()
        response = super().form_invalid(form)
        if form.wait:
            response.status_code = 429
            response["Retry-After"] = str(-(-form.wait // timedelta(seconds=1)))
        return response


login = _Login.as_view()
logout = LogoutView.as_view()


@require_safe
def to_login(request: HttpRequest) -> HttpResponse:
    """Operators log in like everybody; whoever has and still may not see a page is told so."""
    if request.user.is_authenticated and not request.user.is_staff:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next", ""))


@require_POST
def language(request: HttpRequest) -> HttpResponseBase:
    """Switch the language: Django's own view keeps it for this browser, the user's row for him everywhere.

    Who switches it and then logs in has chosen it for his account.
    """
    response, wanted = set_language(request), request.POST.get("language", "")
    if not _is_spoken(wanted):
        return response
    if request.user.is_authenticated:
        _speak(request.user, wanted)
    else:
        secure = settings.SESSION_COOKIE_SECURE
        response.set_cookie(CHOSEN, wanted, KEPT_AT_THE_DOOR, secure=secure, httponly=True, samesite="Lax")
    return response


def _is_spoken(language: str) -> bool:
    return language in dict(settings.LANGUAGES) and check_for_language(language)


def _speak(user: User, language: str) -> None:
    user.language = language
    user.save(update_fields=["language"])
