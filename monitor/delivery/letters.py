"""Mails about an account: a few sentences and a link, whose secret is made when the mail is sent."""

from dataclasses import dataclass
from datetime import timedelta, tzinfo
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from monitor.accounts import links
from monitor.delivery.errors import NoMessageError
from monitor.delivery.links import link
from monitor.models import AddressChange, AuditEvent, Channel, DataExport, Message, User
from monitor.text import formatting
from monitor.text.devices import device
from monitor.text.formatting import one_line, without_web_addresses

_LONGEST_ANSWER = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Plain texts. `action` is the text of the link, `note` says what to do if the user did not cause the mail. `code`
    stands above the sentences."""

    subject: str
    sentences: tuple[str, ...]
    action: str
    link: str
    note: str
    code: str = ""


def message(email: Message, zone: tzinfo, _reading: object) -> tuple[str, dict[str, Any]]:
    """Subject and context, in the active language. Raises `NoMessageError` if the mail is out of date."""
    letter = _LETTERS[email.kind](email, zone)
    return letter.subject, {"template": "letter", "letter": letter}


def _password_reset(email: Message, zone: tzinfo) -> Letter:
    if email.recipient is None or email.recipient.email != email.address:
        raise NoMessageError(gettext_noop("Nobody has this address any more."))
    also: tuple[str, ...] = ()
    if email.context.get("locked"):
        why = gettext("You locked your account. The old password no longer works. Choose a new one.")
        also = (gettext("API tokens have ended and your channels are paused: check them before you use them again."),)
        note = gettext("If it was not you, choose a new password and tell your operator.")
    else:
        why = gettext("A new password was requested for your account.")
        note = _ignore_it()
    return Letter(
        subject=gettext("Choose a new password"),
        sentences=(why, *also, _lasts(timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT))),
        action=gettext("Choose a new password"),
        link=link("monitor:reset", links.reset_token(email.recipient)),
        note=note,
    )


def _password_changed(email: Message, zone: tzinfo) -> Letter:
    when = formatting.instant(email.created_at, zone)
    return Letter(
        subject=gettext("Your password was changed"),
        sentences=(
            gettext("The password of your account was changed at %(time)s (%(zone)s).") % {"time": when, "zone": zone},
            gettext("All your other devices have been logged out."),
        ),
        action=gettext("Open the settings"),
        link=link("monitor:settings"),
        note=_if_it_was_not_you(),
    )


def _join(email: Message, zone: tzinfo) -> Letter:
    token = links.join_token(email.address)
    return Letter(
        subject=gettext("Confirm your e-mail address"),
        sentences=(
            gettext("Open the link and choose a password."),
            _lasts(links.JOIN_LASTS),
        ),
        action=gettext("Create account"),
        link=f"{link('monitor:register')}?address={token}",
        note=_ignore_it(),
    )


def _account_exists(email: Message, zone: tzinfo) -> Letter:
    return Letter(
        subject=gettext("You already have an account"),
        sentences=(
            gettext("Someone tried to register with your e-mail address. You already have an account: log in."),
            gettext("If you forgot your password, you can choose a new one there."),
        ),
        action=gettext("Log in"),
        link=link("monitor:login"),
        note=_ignore_it(),
    )


def _address_confirm(email: Message, zone: tzinfo) -> Letter:
    user = User.objects.filter(pk=email.context.get("user"), is_active=True).first()
    if user is None:
        raise NoMessageError(gettext_noop("The account is gone."))
    return Letter(
        subject=gettext("Confirm your new e-mail address"),
        sentences=(
            gettext("%(name)s wants to log in with this address.")
            % {"name": without_web_addresses(user.get_short_name(), 40)},
            _lasts(links.ADDRESS_LASTS),
        ),
        action=gettext("Confirm the address"),
        link=link("monitor:address", links.address_token(user, email.address)),
        note=_ignore_it(),
    )


def _address_changed(email: Message, zone: tzinfo) -> Letter:
    """With a link that undoes the change, unless an operator made it or it was undone already."""
    new = one_line(str(email.context.get("new", "")), 254)
    change = AddressChange.objects.filter(pk=email.context.get("change"), undone_at=None).first()
    sentences = [
        gettext("From now on you log in with %(new)s, and mails go there.") % {"new": new},
        gettext("This is the last mail to this address."),
    ]
    if change is None:
        action, url = gettext("Open the settings"), link("monitor:settings")
        note = gettext("If it was not you, someone else may know your password: tell your operator at once.")
    else:
        sentences += [
            gettext("Was it not you? Take this address back, log out all devices and choose a new password."),
            _lasts(links.TAKE_BACK_LASTS),
        ]
        action, url = gettext("This was not me"), link("monitor:take-address-back", links.take_back_token(change))
        note = gettext("If it was you, there is nothing to do.")
    subject = gettext("Your e-mail address was changed")
    return Letter(subject=subject, sentences=tuple(sentences), action=action, link=url, note=note)


def _address_test(email: Message, zone: tzinfo) -> Letter:
    return Letter(
        subject=gettext("Your address works again"),
        sentences=(
            gettext("This test mail arrived: your address works again."),
            gettext("Unread alerts come with the next mail."),
        ),
        action=gettext("Open the inbox"),
        link=link("monitor:alerts"),
        note=_ignore_it(),
    )


def _token_made(email: Message, zone: tzinfo) -> Letter:
    words = {
        "name": without_web_addresses(str(email.context.get("name", "")), 40),
        "time": formatting.instant(email.created_at, zone),
        "zone": zone,
        "device": device(str(email.context.get("browser", ""))),
    }
    note = gettext("If it was not you, end the token and choose a new password at once at %(link)s.")
    return Letter(
        subject=gettext("New API token"),
        sentences=(
            gettext("A program can now use your account with a new token: %(name)s.") % words,
            gettext("%(time)s (%(zone)s): %(device)s") % words,
        ),
        action=gettext("Open the tokens"),
        link=link("monitor:tokens"),
        note=note % {"link": link("monitor:forgotten")},
    )


def _channel_added(email: Message, zone: tzinfo) -> Letter:
    words = {
        "channel": without_web_addresses(str(email.context["channel"])),
        "kind": Channel.Kind(email.context["kind"]).label,
        "time": formatting.instant(email.created_at, zone),
        "zone": zone,
    }
    note = gettext("If it was not you, remove the channel, end your API tokens and set a new password at %(link)s.")
    return Letter(
        subject=gettext("Channel added: %(channel)s") % words,
        sentences=(
            gettext("Your alerts can now go to the channel “%(channel)s” (%(kind)s).") % words,
            gettext("%(time)s (%(zone)s)") % words,
        ),
        action=gettext("Open the channels"),
        link=link("monitor:channels"),
        note=note % {"link": link("monitor:forgotten")},
    )


def _channel_refused(email: Message, zone: tzinfo) -> Letter:
    name = without_web_addresses(str(email.context.get("channel", "")))
    answer = gettext(one_line(str(email.context.get("answer", "")), _LONGEST_ANSWER))
    advice = str(email.context.get("advice", ""))
    return Letter(
        subject=gettext("Channel refused: %(channel)s") % {"channel": name},
        sentences=(
            gettext("The channel “%(channel)s” no longer takes alerts. They wait for you.") % {"channel": name},
            *([gettext("Reason: %(answer)s") % {"answer": without_web_addresses(answer)}] if answer else []),
            *([gettext(advice)] if advice else []),
        ),
        action=gettext("Mend the channel"),
        link=link("monitor:channels"),
        note=gettext("Your alerts are also on the site."),
    )


def _data_ready(email: Message, zone: tzinfo) -> Letter:
    export = DataExport.objects.filter(user=email.recipient_id).first()
    if export is None or export.ended_at is None:
        raise NoMessageError(gettext_noop("The file is gone."))
    sentences: tuple[str, ...]
    if export.is_too_large:
        subject = gettext("Your data could not be exported")
        sentences = (gettext("It is too much data for one file. Ask your operator."),)
    else:
        subject = gettext("Your data is ready")
        until = formatting.instant(export.purged_at, zone)
        sentences = (
            gettext("The file with all your data is ready. You can download it until %(time)s (%(zone)s).")
            % {"time": until, "zone": zone},
            gettext("You need to log in."),
        )
    return Letter(
        subject=subject,
        sentences=sentences,
        action=gettext("Open the page"),
        link=link("monitor:my-data"),
        note=_if_it_was_not_you(),
    )


def _account_deleted(email: Message, zone: tzinfo) -> Letter:
    """With a link that restores the account, unless that was done already."""
    user = User.objects.filter(pk=email.context.get("user"), deleted_at__isnull=False).first()
    if user is None:
        raise NoMessageError(gettext_noop("The account was restored."))
    until = formatting.instant(user.purged_at, user.time_zone)
    return Letter(
        subject=gettext("Your account was deleted"),
        sentences=(
            gettext("Log-ins, checks and mails have stopped."),
            gettext("You can restore it with its watchlists until %(time)s (%(zone)s). Then it is deleted for good.")
            % {"time": until, "zone": user.time_zone},
        ),
        action=gettext("Restore the account"),
        link=link("monitor:restore-account", links.restore_token(user)),
        note=gettext("If it was not you, restore it at once, choose a new password and tell your operator."),
    )


def _new_device(email: Message, zone: tzinfo) -> Letter:
    login = AuditEvent.objects.filter(pk=email.context.get("login"), person=email.recipient_id).first()
    if login is None:
        raise NoMessageError(gettext_noop("The log-in is no longer known."))
    words = {
        "time": formatting.instant(login.at, zone),
        "zone": zone,
        "device": device(str(email.context.get("browser", ""))),
        "network": login.network or formatting.NOT_TOLD,
    }
    return Letter(
        subject=gettext("New device logged in"),
        sentences=(
            gettext("%(time)s (%(zone)s): %(device)s, network %(network)s.") % words,
            gettext("Was it not you? Log out all devices, undo changes of your address and choose a new password."),
            _lasts(links.DISOWN_LASTS),
        ),
        action=gettext("This was not me"),
        link=link("monitor:not-me", links.disown_token(login)),
        note=gettext("If it was you, there is nothing to do."),
    )


def _login_code(email: Message, zone: tzinfo) -> Letter:
    if email.recipient is None or email.recipient.email != email.address:
        raise NoMessageError(gettext_noop("Nobody has this address any more."))
    if timezone.now() - email.created_at > links.LOGIN_CODE_LASTS:
        raise NoMessageError(gettext_noop("The code has expired."))
    digits = links.login_code(str(email.context.get("seed", "")))
    code = f"{digits[:4]} {digits[4:]}"
    lasts = formatting.duration(links.LOGIN_CODE_LASTS)
    return Letter(
        subject=gettext("Your code to log in"),
        sentences=(
            gettext("Enter it in the same browser within %(time)s.") % {"time": lasts},
            gettext("Never share it."),
        ),
        code=code,
        action=gettext("Enter the code"),
        link=link("account_confirm_login_code"),
        note=_ignore_it(),
    )


def _second_factor(email: Message, zone: tzinfo) -> Letter:
    """Says what was changed or happened: `context["event"]`, by the names of allauth's templates."""
    words = {
        "name": without_web_addresses(str(email.context.get("name") or gettext("Passkey")), 40),
        "left": email.context.get("left", formatting.NOT_TOLD),
        "time": formatting.instant(email.created_at, zone),
        "zone": zone,
        "device": device(str(email.context.get("browser", ""))),
    }
    if email.context.get("event") == "wrong_codes":
        return Letter(
            subject=gettext("Second step failed several times"),
            sentences=(
                gettext("Your password was entered, then several wrong codes or passkeys: others may know it."),
                gettext("%(time)s (%(zone)s)") % words,
            ),
            action=gettext("Choose a new password"),
            link=link("monitor:forgotten"),
            note=gettext("If it was you, there is nothing to do."),
        )
    events = {
        "totp_activated": gettext("An authenticator app was set up. All your other devices have been logged out."),
        "totp_deactivated": gettext("The authenticator app was removed."),
        "webauthn_added": gettext("A passkey was added: %(name)s. All your other devices have been logged out."),
        "webauthn_removed": gettext("A passkey was removed: %(name)s."),
        "recovery_codes_generated": gettext("You have new recovery codes. The old ones no longer work."),
        "recovery_code_used": gettext("A recovery code was used. Unused: %(left)s."),
        "account_connected": gettext("Another site was connected: you can log in with it."),
        "account_disconnected": gettext("Another site was disconnected: you can no longer log in with it."),
        "removed": gettext("An operator has switched off two-step verification. You log in with your password alone."),
    }
    event = str(email.context.get("event", ""))
    if event not in events:
        raise NoMessageError(gettext_noop("It is not known what was changed."))
    when = (
        gettext("%(time)s (%(zone)s): %(device)s") if email.context.get("browser") else gettext("%(time)s (%(zone)s)")
    )
    if event == "recovery_code_used":
        subject = gettext("A recovery code was used")
    else:
        subject = gettext("The security of your login was changed")
    return Letter(
        subject=subject,
        sentences=(events[event] % words, when % words),
        action=gettext("Open the settings"),
        link=link("monitor:settings"),
        note=_if_it_was_not_you(),
    )


def _if_it_was_not_you() -> str:
    text = gettext("If it was not you, choose a new password at once at %(link)s and tell your operator.")
    return text % {"link": link("monitor:forgotten")}


def _lasts(time: timedelta) -> str:
    return gettext("The link works once, within %(time)s.") % {"time": formatting.duration(time)}


def _ignore_it() -> str:
    return gettext("If it was not you, ignore this e-mail.")


_LETTERS = {
    Message.Kind.PASSWORD_RESET.value: _password_reset,
    Message.Kind.PASSWORD_CHANGED.value: _password_changed,
    Message.Kind.JOIN.value: _join,
    Message.Kind.ACCOUNT_EXISTS.value: _account_exists,
    Message.Kind.ADDRESS_CONFIRM.value: _address_confirm,
    Message.Kind.ADDRESS_CHANGED.value: _address_changed,
    Message.Kind.ADDRESS_TEST.value: _address_test,
    Message.Kind.DATA_READY.value: _data_ready,
    Message.Kind.TOKEN_MADE.value: _token_made,
    Message.Kind.CHANNEL_ADDED.value: _channel_added,
    Message.Kind.CHANNEL_REFUSED.value: _channel_refused,
    Message.Kind.NEW_DEVICE.value: _new_device,
    Message.Kind.ACCOUNT_DELETED.value: _account_deleted,
    Message.Kind.SECOND_FACTOR.value: _second_factor,
    Message.Kind.LOGIN_CODE.value: _login_code,
}
KINDS = tuple(_LETTERS)
