"""What is kept about people, why, how long and where. The times are those of the code."""

from datetime import timedelta
from email.utils import parseaddr
from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from monitor import audit
from monitor.accounts import attempts
from monitor.accounts.upkeep import ADDRESS_CHANGES_KEPT
from monitor.budget import charges
from monitor.delivery import upkeep as outbox
from monitor.models import api_tokens, imports, invitations, sheets, watchlists
from monitor.models.data_exports import EXPORT_KEPT
from monitor.models.users import ACCOUNT_KEPT, PRIVACY_VERSION
from monitor.text.formatting import duration


class Kept(NamedTuple):
    """One kind of data, in words."""

    what: str
    why: str
    how_long: str


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """For everybody, in the reader's language."""
    context = {"kept": _kept(), "version": PRIVACY_VERSION, "contact": parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}
    return render(request, "doors/privacy.html", context)


def _kept() -> list[Kept]:
    session = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    invited = invitations.INVITATION_LASTS + invitations.UNANSWERED_KEPT
    return [
        Kept(
            _("E-mail address, name, language, time zone, password (only as a hash)"),
            _("To log in, and to write to you"),
            _("Until you delete the account, and %(time)s more to restore it") % {"time": duration(ACCOUNT_KEPT)},
        ),
        Kept(
            _("Watchlists, notes, tags, rules, saved views, alerts"),
            _("To watch products for you"),
            _("Until you delete them, and lists %(time)s more to restore them")
            % {"time": duration(watchlists.KEPT_FOR)},
        ),
        Kept(_("How many checks were made for you"), _("To share the calls fairly"), duration(charges.KEPT)),
        Kept(_("Imported files and pasted texts"), _("To add products"), duration(imports.KEPT_FOR)),
        Kept(_("Sheets of target prices, tags and notes"), _("To undo an update"), duration(sheets.KEPT_FOR)),
        Kept(
            _("Mails to you, and the mail server's answers"),
            _("To prove what you were told, and to try again"),
            _("%(time)s; mails of alerts as long as their alerts") % {"time": duration(outbox.KEPT)},
        ),
        Kept(
            _("Channels: addresses of robots, apps, browsers and webhooks, encrypted"),
            _("To send your alerts there"),
            _("Until you remove them"),
        ),
        Kept(
            _("Two-step verification, encrypted; other sites with which you log in"),
            _("So that a password alone is not enough, or none is needed"),
            _("Until you remove them"),
        ),
        Kept(
            _("API tokens (only as a hash): name, rights, last use"),
            _("So that your programs can use your account"),
            _("Until you end them or they expire, and %(time)s more") % {"time": duration(api_tokens.ENDED_KEPT)},
        ),
        Kept(
            _("Devices: browser, network address, last visit"),
            _("So that you see who uses your account, and can log others out"),
            _("Until you log out, at most %(time)s after the log-in") % {"time": duration(session)},
        ),
        Kept(
            _("Audit log: log-ins, changes of accounts, lists and rights, exports, with the network address"),
            _("To find misuse, and to prove who did what"),
            _("%(time)s; after you delete the account without name and address") % {"time": duration(audit.KEPT)},
        ),
        Kept(
            _("Earlier e-mail addresses"),
            _("To undo a change that was not yours"),
            duration(ADDRESS_CHANGES_KEPT),
        ),
        Kept(
            _("Addresses of invited people"),
            _("To invite them"),
            _("%(time)s if unanswered") % {"time": duration(invited)},
        ),
        Kept(_("The file of “Download my data”"), _("So that you can fetch it"), duration(EXPORT_KEPT)),
        Kept(
            _("A copy of the page Today, in your browser only"),
            _("To show it without a connection"),
            _("Until you log out"),
        ),
        Kept(
            _("Cookies: your session, your language, a mark of this device"),
            _("To keep you logged in, and to tell your devices from others"),
            _("At most %(time)s; none is for advertising or statistics") % {"time": duration(attempts.COOKIE_LASTS)},
        ),
    ]
