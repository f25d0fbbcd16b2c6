"""Settings from the environment; docs/configuration.md has the table of variables.

A value that cannot be read raises an error here, with the variable's name and an example.
`monitor/checks.py` reports values that make no sense."""

import logging
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _
from kombu import Queue

from config import services
from config.env import Env
from config.logs import logging_config
from config.redaction import Redaction
from monitor.provider.config import ITEM_APIS
from monitor.provider.text import IMAGE_HOSTS

#: The version in pyproject.toml, which the image does not have.
VERSION = "1.0.0"
BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
env = Env(os.environ)

# Mode, secret key and address

DEBUG = env.flag("DEBUG")
SECRET_KEY = env.secret("SECRET_KEY")
# Earlier keys, separated by spaces: what they signed or encrypted can still be read.
SECRET_KEY_FALLBACKS = env.secret("SECRET_KEY_FALLBACKS").split()
if not SECRET_KEY and not DEBUG:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. Make one with "
        "`python -c 'import secrets; print(secrets.token_urlsafe(50))'` and keep it secret; "
        "or set DEBUG=1 to try things out."
    )
if not SECRET_KEY:
    SECRET_KEY = "insecure-development-key-never-use-it-in-production"  # noqa: S105 - Not a secret.

#: The site's address. Links in e-mails start with it, never with the Host header of a request.
SITE_URL = env.text("SITE_URL", "http://localhost:8000").rstrip("/")
try:
    _site = urlsplit(SITE_URL)
    _site_host, _site_port = _site.hostname or "", _site.port
except ValueError:
    raise ImproperlyConfigured(
        "SITE_URL cannot be read. Example: SITE_URL=https://watch.example.org"
    ) from None
ALLOWED_HOSTS = env.words(
    "ALLOWED_HOSTS", (_site_host, *(("localhost", "127.0.0.1", "[::1]") if DEBUG else ()))
)
#: True behind our own proxy, which overwrites X-Forwarded-Proto and X-Forwarded-For of the client.
TRUST_PROXY = env.flag("TRUST_PROXY")

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
INSTALLED_APPS = [
    "monitor.apps.MonitorConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "config.apps.OperatorAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    # Only for its indexes.
    "django.contrib.postgres",
    "django_htmx",
    # Only for the page of the API's description.
    "ninja",
]
MIDDLEWARE = [
    "monitor.middleware.ProbeMiddleware",
    "monitor.middleware.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "monitor.middleware.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "monitor.api.errors.ApiMiddleware",
    "monitor.middleware.VisitorSessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "monitor.middleware.ReaderMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "monitor.middleware.NotAllowedMiddleware",
    *(["monitor.middleware.OwnNotFoundMiddleware"] if DEBUG else []),
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "libraries": {
                "imports": "monitor.showing.templatetags.imports",
                "stallwatch": "monitor.showing.templatetags.stallwatch",
            },
        },
    },
]

# People

#: Who may make an account: only invited users, or everybody who confirms an address.
REGISTRATION = env.choice("REGISTRATION", "INVITATION", ("INVITATION", "OPEN")).lower()
AUTH_USER_MODEL = "monitor.User"
LOGIN_URL = "monitor:login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "monitor:login"
SESSION_ENGINE = "monitor.people.sessions"
SESSION_COOKIE_AGE = 30 * 24 * 3600
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
#: In seconds.
PASSWORD_RESET_TIMEOUT = 4 * 3600

# Logging in is django-allauth's. `monitor.people.library` connects it with our mails and
# throttles, and `monitor.urls` routes those of its pages that are used.
ACCOUNT_ADAPTER = "monitor.people.library.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# Our links have confirmed every address before it becomes a user's address.
ACCOUNT_EMAIL_VERIFICATION = "none"
# Its limits count in each process alone, and a stranger can use up those of an account. Ours:
# `accounts/attempts.py`.
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
#: In seconds: the mail may take a while.
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 10 * 60
MFA_ADAPTER = "monitor.people.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Stallwatch"
#: Codes of half a minute ago and ahead count too: clocks differ.
MFA_TOTP_TOLERANCE = 1
SOCIALACCOUNT_ADAPTER = "monitor.people.sign_on.SignOnAdapter"
#: Seconds for each call to another site.
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
SOCIALACCOUNT_REAUTHENTICATION_REQUIRED = True
OIDC_ISSUER = env.text("OIDC_ISSUER").rstrip("/")
#: Empty: no single sign-on.
OIDC_NAME = env.text("OIDC_NAME", "SSO") if OIDC_ISSUER else ""
SOCIALACCOUNT_PROVIDERS = services.single_sign_on(
    OIDC_ISSUER, OIDC_NAME, env.text("OIDC_CLIENT_ID"), env.secret("OIDC_CLIENT_SECRET")
)
#: Whether the admin is closed to operators without a second factor.
OPERATORS_NEED_SECOND_FACTOR = env.flag("OPERATORS_NEED_SECOND_FACTOR", not DEBUG)
#: In seconds: what changes the security of an account asks for the password again after this time.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60

#: `monitor.pages.shared.account_forms` explains them to the user.
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "monitor" / "locale"]
FORMAT_MODULE_PATH = "config.formats"
#: The database's zone. Users see times in their own zone, at first DEFAULT_USER_TIME_ZONE.
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_USER_TIME_ZONE = "Asia/Shanghai"

# The broker and the mail server

CELERY_BROKER_URL = env.secret("CELERY_BROKER_URL", "filesystem://localhost")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "stallwatch"
# Checks have their own queue: mail and other tasks must not wait for them while the provider hangs.
CHECKS_QUEUE = "stallwatch-checks"
WORK_OF_CHECKS = ("check_batch", "read_pages", "stand_by")
CELERY_TASK_ROUTES = {f"monitor.tasks.{name}": {"queue": CHECKS_QUEUE} for name in WORK_OF_CHECKS}
CELERY_TASK_QUEUES = [
    Queue(name, routing_key=name) for name in (CELERY_TASK_DEFAULT_QUEUE, CHECKS_QUEUE)
]
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
# It keeps no file: a beat that starts sends each task an interval later.
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"

MAILERS = {"default": services.mailer(env.secret("EMAIL_URL", "file:var/mail"), BASE_DIR)}
DEFAULT_FROM_EMAIL = env.text(
    "DEFAULT_FROM_EMAIL", f"Stallwatch <stallwatch@{_site_host or 'localhost'}>"
)

# The provider

PROVIDER_PLATFORM = "douyin"
PROVIDER_API = env.choice("PROVIDER_API", "item_get_app", ITEM_APIS)
PROVIDER_KEY = env.secret("PROVIDER_KEY")
PROVIDER_SECRET = env.secret("PROVIDER_SECRET")
#: The sandbox runs only in development without an account; production without a key is an error of
#: a system check.
PROVIDER_SANDBOX = DEBUG and not PROVIDER_KEY
PROVIDER_URL = env.text("PROVIDER_URL", f"{SITE_URL}/sandbox" if PROVIDER_SANDBOX else "").rstrip(
    "/"
)
if PROVIDER_SANDBOX:
    PROVIDER_KEY, PROVIDER_SECRET = "sandbox-key", PROVIDER_SECRET or "sandbox-secret"
#: Products that the sandbox's first page offers: always found, sold, their prices change often.
SANDBOX_SAMPLES = (
    "3842773642042403185",
    "3915535871049924198",
    "3993757062944485287",
)
PROVIDER_DAILY_CALLS = env.integer("PROVIDER_DAILY_CALLS", 11_000)
# In yuan; without it, pages show calls alone.
PROVIDER_CALL_PRICE = env.number("PROVIDER_CALL_PRICE", 0)
# What one person may have while several have watchlists; an operator may allow one person or a
# group another number.
PERSON_CALLS = env.optional_integer("PERSON_CALLS", 1000)
PERSON_CHECKS = env.optional_integer("PERSON_CHECKS", 500)
PERSON_LISTS = env.integer("PERSON_LISTS", 100)
PERSON_PRODUCTS = env.integer("PERSON_PRODUCTS", 20_000)
PERSON_SHOPS = env.integer("PERSON_SHOPS", 100)
PERSON_RULES = env.integer("PERSON_RULES", 20)
PERSON_MESSAGES = env.integer("PERSON_MESSAGES", 200)
PERSON_IMPORTS = env.integer("PERSON_IMPORTS", 500)
PERSON_SHEETS = env.integer("PERSON_SHEETS", 50)
PERSON_IMPORT_ROWS = env.integer("PERSON_IMPORT_ROWS", 100_000)
#: How long a product on no watchlist keeps its history.
HISTORY_DAYS = env.integer("HISTORY_DAYS", 365, least=1)
PROVIDER_CONCURRENCY = env.integer("PROVIDER_CONCURRENCY", 8, least=1)
PROVIDER_TIMEOUT = env.number("PROVIDER_TIMEOUT", 15.0, least=0.1)
# The last batch of a task begins within its first seconds
# (`monitor.polling.checking.backlog.CONTINUE_SECONDS`), and begins calls for two minutes at most
# (`monitor.polling.checking.batch.CALLING_TIME`).
CELERY_TASK_SOFT_TIME_LIMIT = int(PROVIDER_TIMEOUT) + 240
CELERY_TASK_TIME_LIMIT = CELERY_TASK_SOFT_TIME_LIMIT + 60
CELERY_BROKER_TRANSPORT_OPTIONS = services.broker_options(CELERY_BROKER_URL, VAR_DIR / "broker")
#: `no` asks for fresh data, `yes` takes what the provider remembers.
PROVIDER_CACHE = env.choice("PROVIDER_CACHE", "no", ("yes", "no"))
PROVIDER_LANG = env.choice("PROVIDER_LANG", "cn", ("cn", "en", "ru"))
#: REFUSE: short links of share texts are not followed to see which product they lead to
#: (`monitor.provider.short_links`).
SHARE_LINKS = env.choice("SHARE_LINKS", "FOLLOW", ("FOLLOW", "REFUSE"))
#: Networks of the operator's own that addresses typed by users may lead to
#: (`monitor.provider.http`).
OUTGOING_NETWORKS = env.text("OUTGOING_NETWORKS").split()

# The database

# The sandbox has its own file: with a real key, checks of its invented products would be paid
# calls.
_DATABASE = (
    "sqlite:///var/sandbox.sqlite3" if PROVIDER_SANDBOX else "sqlite:///var/stallwatch.sqlite3"
)
DATABASES = {"default": services.database(env.secret("DATABASE_URL", _DATABASE), BASE_DIR)}

# Security

HTTPS = SITE_URL.startswith("https://") and not DEBUG
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUST_PROXY else None
# Without a trusted proxy every request looks unencrypted, and the redirect would never end.
SECURE_SSL_REDIRECT = HTTPS and TRUST_PROXY
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
#: In bytes, of a body or of a form without its files: more is refused before it is read.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
#: In bytes, for all pages and users: see `config.uploads`.
LARGEST_UPLOAD = 5 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "config.uploads.CappedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    # Tabler's style sheet has its arrows and ticks as `data:` images.
    # Product pictures come from the subdomains of these hosts.
    "img-src": [CSP.SELF, "data:", *(f"https://*.{host}" for host in IMAGE_HOSTS)],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "object-src": [CSP.NONE],
}

#: Features of browsers: those that no page uses, and passkeys, which our own pages use and no page
#: in a frame. The clipboard is allowed: the page that adds products pastes from it.
PERMISSIONS_POLICY = (
    "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), "
    "fullscreen=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), local-fonts=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), "
    "screen-wake-lock=(), serial=(), usb=(), window-management=(), xr-spatial-tracking=(), "
    "publickey-credentials-create=(self), publickey-credentials-get=(self)"
)

# Static files

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
_VENDOR = (
    ("vendor/chart.js", "chart.js/dist"),
    ("vendor/chartjs-adapter-date-fns", "chartjs-adapter-date-fns/dist"),
    ("vendor/chartjs-plugin-annotation", "chartjs-plugin-annotation/dist"),
    ("vendor/chartjs-plugin-zoom", "chartjs-plugin-zoom/dist"),
    ("vendor/hammerjs", "hammerjs"),
    ("vendor/tabler/css", "@tabler/core/dist/css"),
    ("vendor/tabler/js", "@tabler/core/dist/js"),
)
STATICFILES_DIRS: list[Path | tuple[str, Path]] = [
    BASE_DIR / "static",
    # Commands and tests run without the scripts, so node_modules may be missing.
    *(
        (prefix, path)
        for prefix, folder in _VENDOR
        if (path := BASE_DIR / "node_modules" / folder).is_dir()
    ),
]
STATICFILES_FINDERS = [
    "config.staticfiles.StaticFilesFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "config.staticfiles.HashedStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("png", "webp", "woff2", "map")

# Metrics and logs

#: What Prometheus has to send; empty: /metrics is closed.
METRICS_TOKEN = env.secret("METRICS_TOKEN")
SENTRY_DSN = env.secret("SENTRY_DSN")
#: All secrets have been read by now.
REDACTION = Redaction({*env.secrets, SECRET_KEY, PROVIDER_KEY, PROVIDER_SECRET})
# Python's warnings are entries like all others.
logging.captureWarnings(True)
LOGGING = logging_config(
    env.choice("LOG_FORMAT", "LINE" if DEBUG else "JSON", ("JSON", "LINE")),
    env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
    REDACTION.tree,
)
