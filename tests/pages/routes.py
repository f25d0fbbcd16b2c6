"""Every route of the site, and the status it answers to each role. `test_every_route.py` fails if a
route is missing.

A line is `"name": Route(GET, POST)`, each with a status for each of `ROLES` in their order.
`World.ids` fills the ids in an address with the owner's objects. Whatever the table says, the test
requires that such an address is 404 for strangers (and for operators, who are not members), that
anonymous users are redirected to the login unless `public` is set, and that no GET writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from http.cookies import SimpleCookie
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.utils import timezone

from monitor.models import (
    ApiToken,
    Import,
    Invitation,
    Membership,
    Message,
    SavedView,
    User,
    Watch,
)
from monitor.people import channels, links
from monitor.people.api_tokens import make_token
from monitor.people.recovery import recovery_token
from monitor.telling.leaving import token
from monitor.watching.account_deletion import delete_account
from monitor.watching.following import follow_shop
from monitor.watching.imports import Source, Target, add_some, start_import
from monitor.watching.invitations import invite, token_of
from monitor.watching.sheets import start_update
from monitor.watching.uploads.lines import read_text
from monitor.watching.uploads.sheets import SheetRow
from tests.models.factories import (
    AlertFactory,
    MembershipFactory,
    UserFactory,
    WatchFactory,
    WatchlistFactory,
)
from tests.people.authenticators import App, Passkey, long_after_login

#: Anonymous; signed in but on no list; members of the owner's list; the owner; an operator who is
#: on no list.
ROLES = ("anonymous", "stranger", "viewer", "editor", "owner", "staff")


@dataclass(frozen=True, slots=True)
class Route:
    """The statuses of GET and POST, a word for each role. `data` is what the POST sends.

    `public`: anonymous users may open it.
    """

    get: str
    post: str
    data: Mapping[str, Any] = field(default_factory=dict)
    public: bool = False

    def expected(self, method: str) -> dict[str, int]:
        statuses = {"GET": self.get, "POST": self.post}[method].split()
        return dict(zip(ROLES, map(int, statuses), strict=True))


#: A page for every signed-in user, and its form.
OWN = "302 200 200 200 200 200"
#: A page about something on the owner's list: members see it, for others it does not exist.
SHARED = "302 404 200 200 200 404"
#: Editors only; answers with a page.
EDITORS_SEE = "302 404 404 200 200 404"
#: Editors only, and the owner only; redirects to a page.
EDITORS_DO = "302 404 404 302 302 404"
OWNER_DOES = "302 404 404 404 302 404"
#: Not a method of this route; anonymous users are redirected before that is checked.
NOT_A_METHOD = "302 405 405 405 405 405"
ALL = "200 200 200 200 200 200"
LEADS_ON = "302 302 302 302 302 302"
NOWHERE = "404 404 404 404 404 404"
#: Something of the owner's own, which asks for the password before it is shown.
PASSWORD_FIRST = "302 404 404 404 302 404"

ROUTES: dict[str, Route] = {
    #           GET: anonymous stranger viewer editor owner staff, then the same for POST
    "today": Route(OWN, NOT_A_METHOD),
    "frame": Route(OWN, NOT_A_METHOD),
    "help": Route(OWN, NOT_A_METHOD),
    "help-programs": Route(OWN, NOT_A_METHOD),
    "seen": Route(NOT_A_METHOD, "302 204 204 204 204 204"),
    "manifest": Route(ALL, "405 405 405 405 405 405", public=True),
    "worker": Route(ALL, "405 405 405 405 405 405", public=True),
    "offline": Route(ALL, "405 405 405 405 405 405", public=True),
    "login": Route("200 302 302 302 302 302", "200 302 302 302 302 302", public=True),
    # Without a first step, or with a login already, there is no second one.
    "mfa_authenticate": Route(LEADS_ON, LEADS_ON, public=True),
    "account_request_login_code": Route(
        "200 302 302 302 302 302", LEADS_ON, {"email": "owner@example.com"}, public=True
    ),
    "account_confirm_login_code": Route(LEADS_ON, LEADS_ON, public=True),
    "mfa_login_webauthn": Route(LEADS_ON, "200 302 302 302 302 302", public=True),
    # Not configured. Their own tests configure them.
    "openid_connect_login": Route("405 405 405 405 405 405", NOWHERE, public=True),
    "openid_connect_callback": Route(NOWHERE, NOWHERE, public=True),
    "site-disconnect": Route(PASSWORD_FIRST, PASSWORD_FIRST),
    "account_reauthenticate": Route(OWN, OWN),
    # Of the roles, only the owner has an authenticator app and a passkey; the others are led to the
    # password.
    "mfa_reauthenticate": Route("302 302 302 302 200 302", "302 302 302 302 200 302"),
    "mfa_reauthenticate_webauthn": Route("302 302 302 302 200 302", "302 302 302 302 200 302"),
    "mfa_index": Route(LEADS_ON, NOT_A_METHOD),
    # Each asks for the password first.
    "mfa_activate_totp": Route(LEADS_ON, LEADS_ON),
    "mfa_deactivate_totp": Route(PASSWORD_FIRST, PASSWORD_FIRST),
    "mfa_add_webauthn": Route(LEADS_ON, LEADS_ON),
    "mfa_remove_webauthn": Route(PASSWORD_FIRST, PASSWORD_FIRST),
    "mfa_view_recovery_codes": Route(PASSWORD_FIRST, NOT_A_METHOD),
    "mfa_generate_recovery_codes": Route(LEADS_ON, LEADS_ON),
    "mfa_download_recovery_codes": Route(PASSWORD_FIRST, NOT_A_METHOD),
    "logout": Route("405 405 405 405 405 405", LEADS_ON, public=True),
    "register": Route("200 302 302 302 302 302", "403 302 302 302 302 302", public=True),
    "privacy": Route(ALL, "405 405 405 405 405 405", public=True),
    "forgotten": Route(ALL, ALL, {"email": "owner@example.com"}, public=True),
    # Only the link's secret counts, not who is signed in.
    "reset": Route(ALL, LEADS_ON, {"new_password": "correct-horse-battery"}, public=True),
    "address": Route(ALL, LEADS_ON, public=True),
    # For everyone who has the link, such as mail programs.
    "leave-mails": Route(ALL, ALL, {"List-Unsubscribe": "One-Click"}, public=True),
    "settings": Route(OWN, OWN),
    "hours": Route(NOT_A_METHOD, LEADS_ON, {"digest_hour": "7", "digest_weekday": "0"}),
    "password": Route(LEADS_ON, OWN),
    "new-address": Route(LEADS_ON, OWN),
    "try-address": Route(NOT_A_METHOD, LEADS_ON),
    "sessions": Route(NOT_A_METHOD, LEADS_ON),
    "tokens": Route(OWN, NOT_A_METHOD),
    # Asks for the password first.
    "token-new": Route(LEADS_ON, LEADS_ON),
    "token-end": Route(NOT_A_METHOD, OWNER_DOES),
    # Asks for the password first.
    "my-data": Route(LEADS_ON, NOT_A_METHOD),
    "delete-account": Route(OWN, OWN),
    # Only the link's secret counts.
    "recover": Route(ALL, LEADS_ON, public=True),
    # A new address asks for the password first, on the same page.
    "channels": Route(OWN, OWN),
    "channel-browser": Route(NOT_A_METHOD, LEADS_ON),
    "channel": Route("302 404 404 404 200 404", OWNER_DOES, {"name": "ERP", "how": "daily"}),
    # No test message arrives.
    "channel-mend": Route(NOT_A_METHOD, "302 404 404 404 200 404"),
    # Only the browser knows the old address.
    "channel-renew": Route(NOT_A_METHOD, "302 404 404 404 404 404"),
    "channel-secret": Route(NOT_A_METHOD, OWNER_DOES),
    "channel-message": Route("302 404 404 404 200 404", NOT_A_METHOD),
    "channel-again": Route(NOT_A_METHOD, OWNER_DOES),
    "channel-remove": Route(NOT_A_METHOD, OWNER_DOES),
    "activity": Route(OWN, NOT_A_METHOD),
    "language": Route("405 405 405 405 405 405", LEADS_ON, public=True),
    "products": Route(OWN, NOT_A_METHOD),
    "products-csv": Route(OWN, NOT_A_METHOD),
    "products-xlsx": Route(OWN, NOT_A_METHOD),
    "sheet": Route(OWN, OWN),
    "sheet-preview": Route("302 404 404 404 200 404", OWNER_DOES),
    "shop-choice": Route(OWN, NOT_A_METHOD),
    "search": Route(OWN, LEADS_ON, {"q": "连衣裙"}),
    "add": Route(OWN, OWN),
    "import": Route("302 404 404 404 200 404", OWNER_DOES),
    "import-undo": Route(NOT_A_METHOD, OWNER_DOES),
    "undo": Route(NOT_A_METHOD, LEADS_ON),
    "products-many": Route(NOT_A_METHOD, LEADS_ON),
    "view-save": Route(NOT_A_METHOD, LEADS_ON, {"name": "Cheap"}),
    # A view belongs to its owner alone, not to the members of a list.
    "view-delete": Route(NOT_A_METHOD, OWNER_DOES),
    "product": Route(SHARED, NOT_A_METHOD),
    "product-series": Route(SHARED, NOT_A_METHOD),
    "compare": Route(SHARED, NOT_A_METHOD),
    "compare-series": Route(SHARED, NOT_A_METHOD),
    "export-csv": Route(SHARED, NOT_A_METHOD),
    "export-xlsx": Route(SHARED, NOT_A_METHOD),
    "check": Route(NOT_A_METHOD, EDITORS_DO),
    "rivals": Route(OWN, NOT_A_METHOD),
    "rivals-add": Route(OWN, NOT_A_METHOD),
    "rivals-undo": Route(NOT_A_METHOD, LEADS_ON),
    "rivals-choose": Route(EDITORS_SEE, EDITORS_DO),
    "shop": Route(SHARED, NOT_A_METHOD),
    "shop-series": Route(SHARED, NOT_A_METHOD),
    "shop-sold": Route(SHARED, NOT_A_METHOD),
    "shop-assortment": Route(SHARED, NOT_A_METHOD),
    "shop-assortment-add": Route(NOT_A_METHOD, EDITORS_DO),
    "follow": Route(NOT_A_METHOD, EDITORS_DO),
    "follow-terms": Route(EDITORS_SEE, EDITORS_SEE),
    "unfollow": Route(NOT_A_METHOD, EDITORS_DO),
    "follow-undo": Route(NOT_A_METHOD, LEADS_ON),
    "alerts": Route(OWN, NOT_A_METHOD),
    "alerts-csv": Route(OWN, NOT_A_METHOD),
    "alerts-xlsx": Route(OWN, NOT_A_METHOD),
    "alerts-read": Route(NOT_A_METHOD, LEADS_ON),
    "alerts-unread": Route(NOT_A_METHOD, LEADS_ON),
    "alert": Route(SHARED, NOT_A_METHOD),
    "mute": Route("302 404 200 200 200 404", "302 404 302 302 302 404"),
    "unmute": Route(NOT_A_METHOD, "302 404 302 302 302 404"),
    # Sent to a guest's address: users of another address get 403. test_invitations.py covers the
    # guest.
    "invitation": Route("200 403 403 403 403 403", "302 403 403 403 403 403", public=True),
    "usage": Route(OWN, NOT_A_METHOD),
    "watchlists": Route(OWN, OWN),
    "watchlist": Route(SHARED, EDITORS_SEE),
    "watchlist-sold": Route(SHARED, NOT_A_METHOD),
    "watchlist-shops": Route(SHARED, EDITORS_SEE),
    "watchlist-pause": Route(NOT_A_METHOD, EDITORS_DO),
    # Every member decides about their own mails.
    "watchlist-restore": Route(NOT_A_METHOD, "302 404 404 404 404 404"),
    "watchlist-leave": Route(NOT_A_METHOD, "302 404 302 302 404 404"),
    # Asks for the password first.
    "watchlist-transfer": Route(NOT_A_METHOD, OWNER_DOES),
    "watchlist-costs": Route(NOT_A_METHOD, OWNER_DOES),
    "watchlist-invite": Route(NOT_A_METHOD, "302 404 404 404 200 404"),
    "invitation-resend": Route(NOT_A_METHOD, OWNER_DOES),
    "invitation-withdraw": Route(NOT_A_METHOD, OWNER_DOES),
    "member-role": Route(NOT_A_METHOD, OWNER_DOES, {"role": "editor"}),
    "member-remove": Route(NOT_A_METHOD, OWNER_DOES),
    "changes-csv": Route(SHARED, NOT_A_METHOD),
    "changes-xlsx": Route(SHARED, NOT_A_METHOD),
    "watchlist-rules": Route(SHARED, EDITORS_SEE),
    "watchlist-rules-trial": Route(NOT_A_METHOD, EDITORS_SEE),
    "watch-values": Route(NOT_A_METHOD, EDITORS_DO),
    "watch-rules": Route(SHARED, EDITORS_SEE),
    "watch-rules-trial": Route(NOT_A_METHOD, EDITORS_SEE),
    "watch-rules-reset": Route(NOT_A_METHOD, EDITORS_DO),
    "rule": Route(EDITORS_SEE, EDITORS_SEE),
    "rule-trial": Route(NOT_A_METHOD, EDITORS_SEE),
    "rule-pause": Route(NOT_A_METHOD, EDITORS_DO),
    "rule-delete": Route(NOT_A_METHOD, EDITORS_DO),
    "rules-undo": Route(NOT_A_METHOD, LEADS_ON),
    "watchlist-delete": Route("302 404 404 404 200 404", OWNER_DOES),
}


@dataclass(frozen=True)
class World:
    """An owner's list with a viewer, an editor, and a product with an alert; and users who are not
    members."""

    people: Mapping[str, User]
    watch: Watch
    invitation: Invitation
    added: Import
    #: The mail about an account that was deleted.
    farewell: Message
    passkey: Authenticator
    api_token: ApiToken
    #: Of a browser for each role, signed in once: a login takes as long as a page.
    cookies: Mapping[str, SimpleCookie]

    @classmethod
    def make(cls) -> World:
        people = {role: UserFactory.create(email=f"{role}@example.com") for role in ROLES[1:]}
        User.objects.filter(pk=people["staff"].pk).update(is_staff=True)
        watchlist = WatchlistFactory.create(owner=people["owner"], name="Rivals")
        for role in (Membership.Role.VIEWER, Membership.Role.EDITOR):
            MembershipFactory.create(watchlist=watchlist, user=people[role], role=role)
        watch = WatchFactory.create(watchlist=watchlist)
        AlertFactory.create(watchlist=watchlist, product=watch.product)
        if watch.product.shop:
            follow_shop(watchlist, watch.product.shop, timezone.now())
        guest = invite(people["owner"], "guest@example.com", timezone.now(), watchlist)
        lines = tuple(read_text("3514453298386183303"))
        target = Target(watchlist)
        added = start_import(people["owner"], Source(lines=lines), target, timezone.now())
        add_some(added, timezone.now())
        delete_account(UserFactory.create(), timezone.now())
        farewell = Message.objects.get(kind=Message.Kind.ACCOUNT_DELETED)
        App.of(people["owner"])
        passkey = Authenticator.objects.create(
            user=people["owner"], type=Authenticator.Type.WEBAUTHN, data=Passkey().stored("Phone")
        )
        lasts = timedelta(days=1)
        api_token, _secret = make_token(
            people["owner"], "A", lasts, timezone.now(), scope=ApiToken.Scope.READ
        )
        cookies = {role: _signed_in(person) for role, person in people.items()}
        return cls(people, watch, guest, added, farewell, passkey, api_token, cookies)

    @cached_property
    def ids(self) -> dict[str, Any]:
        """The owner's id for each parameter of an address.

        The key is the parameter's name; where routes share a name, the address's first part comes
        before it."""
        owner = User.objects.get(pk=self.people["owner"].pk)
        channel = owner.channels.added().first() or channels.add(
            owner, "webhook", "ERP", {}, "…hook", timezone.now()
        )
        message = channel.messages.first() or Message.of_alerts(channel, timezone.now())
        message.save()
        return {
            "channels.pk": channel.pk,
            "message": message.pk,
            "draft": self.added.pk,
            "sheet": start_update(
                owner,
                [SheetRow(2, self.watch.product.num_iid, values={"note": "A"})],
                timezone.now(),
            ).pk,
            "num_iid": self.watch.product.num_iid,
            "views.pk": SavedView.objects.get_or_create(
                user=self.people["owner"], name="Dear", query="min=500"
            )[0].pk,
            "watchlists.pk": self.watch.watchlist_id,
            "follows.pk": self.watch.watchlist.follows.get().pk,
            "shops.pk": self.watch.product.shop_id,
            "watches.pk": self.watch.pk,
            "rivals.pk": self.watch.pk,
            "watchlist": self.watch.watchlist_id,
            "watch": self.watch.pk,
            "rule_key": self.watch.watchlist.rules.order_by("pk")[0].pk,
            "rules.pk": self.watch.watchlist.rules.order_by("pk")[0].pk,
            "member": self.watch.watchlist.memberships.order_by("pk")[0].pk,
            "invitation": self.invitation.pk,
            "invitations.token": token_of(self.invitation),
            "forgotten.token": links.reset_token(owner),
            "u.token": token(owner, self.watch.watchlist),
            "settings.token": links.address_token(owner, "new@example.com"),
            "account.token": recovery_token(self.farewell),
            "token_key": self.api_token.pk,
            "connection": SocialAccount.objects.get_or_create(user=owner, provider="oidc", uid="1")[
                0
            ].pk,
            "passkey": self.passkey.pk,
            "alerts.pk": self.watch.watchlist.alerts.get().pk,
        }

    def client(self, role: str) -> Client:
        """Return a browser in which a user of that role is signed in."""
        client = Client()
        client.cookies.update(self.cookies.get(role, {}))
        return client


def _signed_in(person: User) -> SimpleCookie:
    """Return the cookies of a login hours ago, so that what needs the password asks for it."""
    client = Client()
    client.force_login(person)
    return long_after_login(client).cookies
