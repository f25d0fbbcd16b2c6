"""Turns the URLs of database, broker and mail server into Django's and Celery's settings.

Each function raises `ImproperlyConfigured` for a URL it cannot read. The error never contains the
URL, which may hold a password."""

from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

DATABASE_EXAMPLE = (
    "DATABASE_URL=postgres://user:password@localhost:5432/stallwatch or sqlite:///var/db.sqlite3"
)
EMAIL_EXAMPLE = (
    "EMAIL_URL=smtp://user:password@mail.example.org:587?tls=1 or file:///var/mail/stallwatch or "
    "console:"
)
BROKERS = frozenset({"redis", "rediss", "filesystem", "memory", "amqp", "amqps"})
BROKER_EXAMPLE = "CELERY_BROKER_URL=redis://localhost:6379/0"

#: Our statements are short: parallel workers and compilation cost more than they gain. Random reads
#: are cheap in memory and on an SSD.
POSTGRES_SETUP = "-c max_parallel_workers_per_gather=0 -c jit=off -c random_page_cost=1.1"
SQLITE_SETUP = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA "
    "temp_store=MEMORY;"
)
MAIL_TIMEOUT_SECONDS = 20


def database(url: str, base: Path) -> dict[str, Any]:
    """Return Django's settings for one database; a relative SQLite path starts at `base`."""
    try:
        settings: dict[str, Any] = {**dj_database_url.parse(url)}
    except ValueError:
        raise ImproperlyConfigured(
            f"DATABASE_URL cannot be read. Example: {DATABASE_EXAMPLE}"
        ) from None
    match settings["ENGINE"]:
        case "django.db.backends.sqlite3":
            return _sqlite(settings, base)
        case "django.db.backends.postgresql" if settings["NAME"]:
            return _postgres(settings)
        case _:
            raise ImproperlyConfigured(
                "DATABASE_URL names neither an SQLite file nor a PostgreSQL database. Example: "
                f"{DATABASE_EXAMPLE}"
            )


def mailer(url: str, base: Path) -> dict[str, Any]:
    """Return Django's settings for one mailer; a relative folder starts at `base`."""
    parts, port = _split(url, "EMAIL_URL", EMAIL_EXAMPLE)
    match parts.scheme:
        case "console":
            return {"BACKEND": "django.core.mail.backends.console.EmailBackend"}
        case "file" if parts.path and not parts.netloc:
            folder = base / unquote(parts.path)
            return {
                "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
                "OPTIONS": {"file_path": folder},
            }
        case "smtp" | "smtps" | "smtp+starttls" if parts.hostname:
            return _smtp(parts, port)
        case _:
            raise ImproperlyConfigured(f"EMAIL_URL cannot be read. Example: {EMAIL_EXAMPLE}")


def broker_options(url: str, folder: Path) -> dict[str, Any]:
    """Return Celery's transport options for a broker. For the file-system transport, make folders
    below `folder`."""
    parts, _port = _split(url, "CELERY_BROKER_URL", BROKER_EXAMPLE)
    if parts.scheme in ("redis", "rediss"):
        # A message that a worker has taken is gone: rows are the truth, and the next tick finds the
        # work. Keeping it until the task's end made workers end when Redis did: kombu could not put
        # it back.
        return {"ack_emulation": False}
    if parts.scheme not in BROKERS:
        raise ImproperlyConfigured(
            f"CELERY_BROKER_URL names no broker that is known. Example: {BROKER_EXAMPLE}"
        )
    if parts.scheme != "filesystem":
        return {}
    messages, control = folder / "messages", folder / "control"
    for path in (messages, control):
        path.mkdir(parents=True, exist_ok=True)
    return {
        "data_folder_in": str(messages),
        "data_folder_out": str(messages),
        "control_folder": str(control),
    }


def _split(url: str, name: str, example: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured(f"{name} cannot be read. Example: {example}") from None
    if not parts.scheme:
        raise ImproperlyConfigured(f"{name} has no scheme. Example: {example}")
    return parts, port


def _sqlite(settings: dict[str, Any], base: Path) -> dict[str, Any]:
    if settings.get("HOST") or settings["NAME"] == ":memory:":
        raise ImproperlyConfigured(
            "DATABASE_URL needs three slashes before a relative SQLite path, four before an "
            f"absolute one. Example: {DATABASE_EXAMPLE}"
        )
    file = base / settings["NAME"]
    file.parent.mkdir(parents=True, exist_ok=True)
    # In WAL a DEFERRED transaction that begins to write may fail at once, despite the timeout:
    # begin as a writer.
    options = {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": SQLITE_SETUP}
    # Tests use a file too: an in-memory database has no WAL and locks whole tables between threads.
    test = {"NAME": str(file.with_name(f"test-{file.name}"))}
    return {"ENGINE": settings["ENGINE"], "NAME": str(file), "OPTIONS": options, "TEST": test}


def _postgres(settings: dict[str, Any]) -> dict[str, Any]:
    from psycopg import ProgrammingError, conninfo  # Takes 60 ms, and SQLite does not need it.

    options = {
        "connect_timeout": 10,
        "application_name": "stallwatch",
        **settings.get("OPTIONS", {}),
    }
    options["options"] = f"{POSTGRES_SETUP} {options.get('options', '')}".strip()
    pool = options.pop("pool", None)
    try:
        conninfo.make_conninfo(**options)
    except ProgrammingError as error:
        raise ImproperlyConfigured(
            f"DATABASE_URL: {str(error).strip()}. Example: {DATABASE_EXAMPLE}"
        ) from None
    if pool is None:
        # Threads keep their connection; `config.celery` checks it before each task.
        return settings | {"OPTIONS": options, "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
    if not isinstance(pool, int) or pool < 1:
        raise ImproperlyConfigured(
            "DATABASE_URL: pool is not a number of connections. Example: ?pool=8"
        )
    # A pool needs no persistent connections. A Celery parent opens no connection, so no pool is
    # shared by its forks.
    options["pool"] = {"min_size": 1, "max_size": pool, "timeout": 10}
    return settings | {"OPTIONS": options, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}


def _smtp(parts: SplitResult, port: int | None) -> dict[str, Any]:
    query = dict(parse_qsl(parts.query))
    timeout = query.pop("timeout", str(MAIL_TIMEOUT_SECONDS))
    starttls = query.pop("tls", "0")
    if query or not timeout.isdecimal() or int(timeout) == 0 or starttls not in ("0", "1"):
        raise ImproperlyConfigured(
            f"EMAIL_URL takes tls=1 and timeout=SECONDS only. Example: {EMAIL_EXAMPLE}"
        )
    if parts.scheme == "smtps" and starttls == "1":
        raise ImproperlyConfigured(
            "EMAIL_URL: smtps is encrypted from the start, so leave tls=1 out."
        )
    options = {
        "host": parts.hostname,
        "port": port,
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "use_ssl": parts.scheme == "smtps",
        "use_tls": parts.scheme == "smtp+starttls" or starttls == "1",
        "timeout": int(timeout),
    }
    return {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}


def single_sign_on(issuer: str, name: str, client_id: str, secret: str) -> dict[str, Any]:
    """Return allauth's setting for a site of OpenID Connect; none until its issuer is set. Raises
    `ImproperlyConfigured` if the issuer has no client."""
    if issuer and not (client_id and secret):
        raise ImproperlyConfigured(
            "OIDC_ISSUER is set, but not its client. Set OIDC_CLIENT_ID and OIDC_CLIENT_SECRET "
            "too: the issuer gives them out."
        )
    app = {
        "provider_id": "oidc",
        "name": name,
        "client_id": client_id,
        "secret": secret,
        "settings": {"server_url": issuer, "oauth_pkce_enabled": True},
    }
    return {"openid_connect": {"APPS": [app]}} if issuer else {}
