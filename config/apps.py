"""The project's admin site, and Sentry if its variable is set."""

from importlib.util import find_spec

from django.conf import settings
from django.contrib.admin.apps import AdminConfig


class OperatorAdminConfig(AdminConfig):
    default_site = "config.admin.OperatorSite"

    def ready(self) -> None:
        super().ready()
        # A system check says what to do if the package is missing.
        if settings.SENTRY_DSN and find_spec("sentry_sdk"):
            start_sentry()


def start_sentry() -> None:
    """Send errors to Sentry, redacted as the log is."""
    import sentry_sdk

    sentry_sdk.init(
        settings.SENTRY_DSN,
        send_default_pii=False,
        # Locals and bodies may hold anything that people typed, and breadcrumbs the addresses of
        # users' channels, which are secrets.
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        before_send=lambda event, _hint: settings.REDACTION.tree(event),
    )
