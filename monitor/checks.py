"""System checks for configuration that is readable but would fail later. What one variable may be,
`config.env` says.

`python manage.py check` runs them. The web and Celery processes refuse to start on an error
(`refuse_errors`); Django and Celery alone would start."""

import ipaddress
import os
from collections.abc import Iterator
from email.utils import parseaddr
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.http.request import validate_host

from monitor.provider.http import allowing

TAG = "configuration"
#: A random key, in any alphabet, is at least this long, with at least this many different
#: characters.
SHORTEST_KEY, FEWEST_CHARACTERS = 32, 8
SHORTEST_TOKEN = 16
#: What earlier versions read.
FORMER_VARIABLES = (
    "DATABASE_REPLICA_URL",
    "HISTORY_FULL_DAYS",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
)


def refuse_errors() -> None:
    """Raise `ImproperlyConfigured` with every error of these checks; warnings pass."""
    errors = [message for message in run_checks(tags=[TAG]) if message.is_serious()]
    if errors:
        # Django keeps checks in a set, so their order is random.
        raise ImproperlyConfigured(
            "\n".join(
                sorted(f"({error.id}) {error.msg} {error.hint or ''}".strip() for error in errors)
            )
        )


@register(TAG)
def check_secret_key(**kwargs: Any) -> Iterator[CheckMessage]:
    """Refuse a key that can be guessed: sessions and the links of invitations and mails could be
    forged."""
    key = settings.SECRET_KEY
    is_random = (
        len(key) >= SHORTEST_KEY and len(set(key)) >= FEWEST_CHARACTERS and "insecure" not in key
    )
    if not (settings.DEBUG or is_random):
        hint = (
            "Make one with `python -c 'import secrets; print(secrets.token_urlsafe(50))'` and "
            "keep it secret."
        )
        yield Error("SECRET_KEY is short, or not random.", hint=hint, id="monitor.E019")


@register(TAG)
def check_account(**kwargs: Any) -> Iterator[CheckMessage]:
    """Ask for the provider's key and secret, except in the sandbox."""
    if settings.PROVIDER_SANDBOX:
        return
    if not settings.PROVIDER_KEY:
        hint = (
            "Set PROVIDER_URL, PROVIDER_KEY and PROVIDER_SECRET, or DEBUG=1 to use the sandbox "
            "provider."
        )
        yield Error(
            "PROVIDER_KEY is not set, so no product can be checked.", hint=hint, id="monitor.E001"
        )
    elif not settings.PROVIDER_SECRET:
        hint = (
            "Set PROVIDER_SECRET or PROVIDER_SECRET_FILE; the provider gives it out together with "
            "the key."
        )
        yield Error(
            "PROVIDER_KEY is set, but PROVIDER_SECRET is not.", hint=hint, id="monitor.E002"
        )


@register(TAG)
def check_provider_url(**kwargs: Any) -> Iterator[CheckMessage]:
    """Ask for a valid address of the provider that sends no unencrypted key across a network."""
    hint = "Give the base before the platform's name. Example: PROVIDER_URL=https://gateway.example.org"
    parts = _http(settings.PROVIDER_URL)
    if not settings.PROVIDER_URL:
        yield Error("PROVIDER_URL is not set.", hint=hint, id="monitor.E003")
    elif parts is None or parts.query or parts.fragment or parts.username is not None:
        yield Error("PROVIDER_URL is no plain http or https address.", hint=hint, id="monitor.E003")
    elif parts.scheme == "http" and not _is_local(parts.hostname or ""):
        hint = (
            "Key and secret travel in the address of every call. Use https if the provider has it."
        )
        yield Warning("PROVIDER_URL is not encrypted.", hint=hint, id="monitor.W004")


@register(TAG)
def check_site_url(**kwargs: Any) -> Iterator[CheckMessage]:
    """Ask for an address of this site that links in e-mails can start with."""
    hint = "Links in e-mails start with it. Example: SITE_URL=https://watch.example.org"
    parts = _http(settings.SITE_URL)
    if parts is None or parts.query or parts.fragment or parts.path or parts.username is not None:
        yield Error(
            "SITE_URL is no http or https address without a path.", hint=hint, id="monitor.E012"
        )
    elif settings.DEBUG:
        return
    elif _is_local(parts.hostname or ""):
        yield Warning("SITE_URL is this machine's own address.", hint=hint, id="monitor.W013")
    elif parts.scheme == "http":
        hint = (
            "Passwords and session cookies travel readable, and mail programs offer no one-click "
            "unsubscribe. Use https, with TRUST_PROXY=1 behind a proxy of yours."
        )
        yield Warning("SITE_URL is not encrypted.", hint=hint, id="monitor.W014")
    elif not validate_host(parts.hostname or "", settings.ALLOWED_HOSTS):
        hint = "Add it, or leave ALLOWED_HOSTS unset: the default is the host of SITE_URL."
        yield Error("ALLOWED_HOSTS lacks the host of SITE_URL.", hint=hint, id="monitor.E015")


@register(TAG)
def check_mail(**kwargs: Any) -> Iterator[CheckMessage]:
    """Ask for a sender of e-mails and, in production, a server that gets no unencrypted
    password."""
    if "@" not in parseaddr(settings.DEFAULT_FROM_EMAIL)[1]:
        hint = "Example: DEFAULT_FROM_EMAIL=Stallwatch <watch@example.org>"
        yield Error("DEFAULT_FROM_EMAIL holds no e-mail address.", hint=hint, id="monitor.E016")
    backend = settings.MAILERS["default"]["BACKEND"]
    if not settings.DEBUG and not backend.endswith("smtp.EmailBackend"):
        hint = "Example: EMAIL_URL=smtp://user:password@mail.example.org:587?tls=1"
        yield Warning(
            "E-mails are written to a folder or the console, not sent.",
            hint=hint,
            id="monitor.W017",
        )
    server = settings.MAILERS["default"].get("OPTIONS", {})
    is_encrypted = server.get("use_tls") or server.get("use_ssl")
    if server.get("password") and not is_encrypted and not _is_local(server["host"]):
        hint = "Add tls=1, or use smtps. Example: EMAIL_URL=smtp://user:password@mail.example.org:587?tls=1"
        yield Warning("EMAIL_URL sends its password unencrypted.", hint=hint, id="monitor.W023")


@register(TAG)
def check_leaving(**kwargs: Any) -> Iterator[CheckMessage]:
    """Warn if the address of the button by which mail programs unsubscribe has no room."""
    from monitor.telling.leaving import has_room

    if not (settings.DEBUG or has_room()):
        hint = (
            "Use one of at most 30 ASCII characters. The mails themselves still have links that "
            "leave them."
        )
        yield Warning(
            "SITE_URL is too long, or not ASCII, for the header List-Unsubscribe.",
            hint=hint,
            id="monitor.W021",
        )


@register(TAG)
def check_outgoing_networks(**kwargs: Any) -> Iterator[CheckMessage]:
    """Refuse what is no network among those that webhooks may call."""
    try:
        allowing(settings.OUTGOING_NETWORKS)
    except ValueError:
        hint = (
            "Give networks, separated by spaces. Example: OUTGOING_NETWORKS=10.1.0.0/16 "
            "192.168.7.0/24"
        )
        yield Error("OUTGOING_NETWORKS cannot be read.", hint=hint, id="monitor.E026")


@register(TAG)
def check_telemetry(**kwargs: Any) -> Iterator[CheckMessage]:
    """Ask for Sentry's package if it is configured, and for a token that is hard to guess."""
    if settings.SENTRY_DSN and find_spec("sentry_sdk") is None:
        hint = (
            "Run `make install-production EXTRAS=sentry`, also after each new version, or unset it."
        )
        yield Error(
            "SENTRY_DSN is set, but its package is not installed.", hint=hint, id="monitor.E029"
        )
    if 0 < len(settings.METRICS_TOKEN) < SHORTEST_TOKEN:
        hint = "Make one with `python -c 'import secrets; print(secrets.token_urlsafe(32))'`."
        yield Error("METRICS_TOKEN is short.", hint=hint, id="monitor.E030")


@register(TAG)
def check_former_settings(**kwargs: Any) -> Iterator[CheckMessage]:
    """Tell operators which of the variables that are set have no effect any more."""
    for variable in FORMER_VARIABLES:
        if os.environ.get(variable):
            hint = "CHANGELOG.md says what to use instead. Unset it."
            yield Warning(f"{variable} has no effect any more.", hint=hint, id="monitor.W031")


@register(TAG)
def check_static_files(**kwargs: Any) -> Iterator[CheckMessage]:
    """Warn in production if the pages' scripts and styles have not been collected."""
    if not (settings.DEBUG or Path(settings.STATIC_ROOT).with_name("staticfiles.json").is_file()):
        hint = (
            "Run `make install-production` and `python manage.py collectstatic` before the web "
            "process starts."
        )
        yield Warning("The static files have not been collected.", hint=hint, id="monitor.W018")


def _http(url: str) -> SplitResult | None:
    """Return the parts of an http or https address with a host and a valid port, or None."""
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if is_usable else None


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
