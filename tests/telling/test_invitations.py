"""The mail of an invitation: in two languages, with its link, also to addresses without an
account."""

import re
from collections import Counter

import pytest
from django.utils import translation
from pytest_django.fixtures import Settings

from monitor.models import Membership, Message, Watchlist
from monitor.telling.outbox import send_due
from monitor.watching.invitations import close, find, invite, resend
from tests.models.factories import NOW, WatchlistFactory
from tests.telling.mailserver import MailServer, part

pytestmark = pytest.mark.django_db
LINK = re.compile(r"https://watch\.example\.org/invitations/([0-9a-f]{64})/")


def texts(server: MailServer) -> list[str]:
    return [part(server.messages[-1], kind) for kind in ("plain", "html")]


def named(name: str, **owner: str) -> Watchlist:
    """Return a list whose name was saved before such names were refused."""
    watchlist = WatchlistFactory.create(**owner)
    Watchlist.objects.filter(pk=watchlist.pk).update(name=name)
    return Watchlist.objects.get(pk=watchlist.pk)


def test_it_has_the_link_in_text_and_html(server: MailServer) -> None:
    watchlist = WatchlistFactory.create(
        name="Rivals", owner__name="Zhang San", owner__email="zhang@example.com"
    )
    with translation.override("en"):
        invitation = invite(
            watchlist.owner, "ann@example.com", NOW, watchlist, Membership.Role.EDITOR
        )

    assert send_due(NOW) == Counter(sent=1)

    (message,) = server.messages
    assert message["To"] == "ann@example.com"
    assert message["Subject"] == "[Stallwatch] Invitation: Zhang San shares “Rivals” with you"
    assert message["Message-ID"] == f"<{Message.objects.get().uid}>"
    assert message["List-Id"] is None
    for text in texts(server):
        link = LINK.search(text)
        assert link is not None
        assert find(link[1], NOW) == invitation
        assert "Zhang San (zhang@example.com)" in text
        assert "You may view and edit it" in text
        assert "2026-12-09 12:00 (Asia/Shanghai)" in text


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_web_addresses_in_names_are_removed(server: MailServer, language: str) -> None:
    """Names that were saved before they were refused, and an address whose first part is a web
    address."""
    watchlist = named(
        "系统安全通知 evil.me/登录",
        owner__name="系统安全通知 HTTPS：／／evil．test",
        owner__email='"https://evil.test/login"@example.com',
    )
    with translation.override(language):
        invite(watchlist.owner, "ann@example.com", NOW, watchlist)
    send_due(NOW)
    subject = str(server.messages[0]["Subject"])
    assert subject.startswith("[Stallwatch] Invitation: " if language == "en" else "[看摊] 邀请：")
    for text in (subject, *texts(server)):
        assert "系统安全通知 …" in text
        assert "evil" not in text


def test_withdrawn_and_superseded_invitations_are_not_sent(server: MailServer) -> None:
    watchlist = WatchlistFactory.create()
    close(invite(watchlist.owner, "ann@example.com", NOW, watchlist), NOW)
    resend(invite(watchlist.owner, "bob@example.com", NOW, watchlist).pk, watchlist.owner, NOW)
    assert send_due(NOW) == Counter(sent=1, dropped=2)
    assert server.recipients == ["bob@example.com"]


def test_after_a_change_of_the_secret_no_dead_link_is_sent(
    server: MailServer, settings: Settings
) -> None:
    watchlist = WatchlistFactory.create()
    invite(watchlist.owner, "ann@example.com", NOW, watchlist)
    settings.SECRET_KEY = "another"
    assert send_due(NOW) == Counter(failed=1)
