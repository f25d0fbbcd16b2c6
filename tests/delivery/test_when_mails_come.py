"""When alerts are mailed: shared mails, quiet hours, urgent rules and digests, and what becomes of those that wait."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from monitor.accounts.people import change_address
from monitor.delivery.compose import write_emails
from monitor.delivery.moving import follow_plan
from monitor.delivery.outbox import SendReport, claim, send_due
from monitor.models import Alert, Email, EmailAlert, MailChoice, Membership, Rule, User, Watchlist
from monitor.timing import GATHER
from monitor.watchlists import add_products, create_watchlist
from monitor.watchlists.inbox import mark_read
from monitor.watchlists.mails import save_plan, want_mails
from tests.delivery.conftest import use_mailer
from tests.delivery.mailserver import MailServer
from tests.delivery.test_words import part
from tests.story import START, Story

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mails_wait")]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
#: A Wednesday, at eight in the morning of Shanghai.
MORNING = START


@pytest.fixture
def story() -> Story:
    story = Story()
    Rule.objects.update(cooldown=timedelta(0))  # Each alert is one of its own.
    story.hears(after=timedelta(0))
    return story


def plan(story: Story, how: str = "at_once", chosen: dict[int, str] | None = None, **fields: Any) -> None:
    """What the merchant chooses in his settings."""
    for name, value in {"mail_how": how, **fields}.items():
        setattr(story.user, name, value)
    save_plan(story.user, ["mail_how", *fields], chosen or {}, story.now)


def another_list(story: Story, name: str = "Shoes") -> Watchlist:
    watchlist = create_watchlist(story.user, name)
    add_products(watchlist, story.num_iids, story.now)
    return watchlist


def pass_by(story: Story, steps: Iterable[timedelta]) -> list[datetime]:
    """A pass of the outbox at each of these times since the morning; those at which something was due."""
    moments = [MORNING + step for step in steps]
    return [now for now in moments if send_due(now) != SendReport()]


def every(step: timedelta, until: timedelta, since: timedelta = timedelta(0)) -> list[timedelta]:
    return [since + step * n for n in range((until - since) // step + 1)]


def waiting() -> list[tuple[str, str, datetime, int]]:
    """Each unsent mail: to whom, of what kind, when it is due, and how many alerts it tells of."""
    rows = Email.objects.filter(status="pending").order_by("next_attempt_at", "pk")
    return [(row.address.partition("@")[0], row.kind, row.next_attempt_at, row.alerts.count()) for row in rows]


# At once


def test_alerts_within_two_minutes_share_a_mail(server: MailServer, story: Story) -> None:
    for price, seconds in ((6300, 10), (6000, 60), (5500, 59)):
        story.hears(price=price, after=timedelta(seconds=seconds))
        assert send_due(story.now) == SendReport()
    assert send_due(MORNING + timedelta(seconds=10) + GATHER) == SendReport(sent=1)
    assert Email.objects.get().alerts.count() == 3

    story.hears(price=5000, after=MINUTE)
    assert send_due(story.now) == SendReport()
    assert send_due(story.now + GATHER) == SendReport(sent=1)
    assert EmailAlert.objects.count() == 4


def test_the_first_alert_waits_no_longer_for_those_that_come_after_it(story: Story) -> None:
    story.hears(price=6300, after=MINUTE)
    write_emails(story.now)
    story.hears(price=6000, after=MINUTE)
    write_emails(story.now)
    assert waiting() == [("merchant", "alerts", MORNING + MINUTE + GATHER, 2)]


def test_nothing_joins_a_mail_that_a_sender_has_taken_or_tried(story: Story) -> None:
    changes: list[dict[str, Any]] = [{"lease": "0" * 32}, {"attempts": 1}, {"status": "sent"}]
    for number, change in enumerate(changes):
        story.hears(price=6300 - number, after=MINUTE)
        write_emails(story.now)
        Email.objects.filter(pk=Email.objects.latest("pk").pk).update(**change)
    story.hears(price=6000, after=MINUTE)
    write_emails(story.now)
    assert [email.alerts.count() for email in Email.objects.all()] == [1, 1, 1, 1]


def test_a_mail_that_was_claimed_and_given_back_untried_is_joined(story: Story) -> None:
    story.hears(price=6300)
    write_emails(story.now)
    (email,) = claim(story.now + GATHER, 9)
    Email.objects.filter(pk=email.pk).update(lease=None)
    story.hears(price=6000)
    write_emails(story.now)
    assert Email.objects.get().alerts.count() == 2


# Quiet hours


def test_quiet_hours_hold_everything_and_then_send_it_in_one_mail(server: MailServer, story: Story) -> None:
    plan(story, quiet_from=22, quiet_to=8)
    for number, hours in enumerate((13.98, 15, 20, 23.99)):  # From 21:59 to 07:59.
        story.now = MORNING
        story.hears(price=6300 - number, after=timedelta(hours=hours))
        write_emails(story.now)
    assert pass_by(story, every(HOUR, 2 * DAY, 14 * HOUR)) == [MORNING + DAY]
    assert Email.objects.get().alerts.count() == 4


@pytest.mark.parametrize("trouble", ["no server", "a refusal"])
def test_what_could_not_be_sent_before_quiet_hours_waits_until_they_are_over(
    server: MailServer, settings: Settings, story: Story, trouble: str
) -> None:
    plan(story, quiet_from=22, quiet_to=8)
    story.hears(price=6300, after=13 * HOUR + 55 * MINUTE)  # At 21:55.
    write_emails(story.now)
    working = settings.MAILERS
    if trouble == "no server":
        use_mailer(settings, "smtp://127.0.0.1:1?timeout=1")
    else:
        server.data_answers.append("451 later")
    assert send_due(story.now + 3 * MINUTE) == SendReport(retried=1)
    settings.MAILERS = working

    assert send_due(story.now + 6 * MINUTE) == SendReport(retried=1)
    assert Email.objects.get().next_attempt_at == MORNING + DAY
    assert send_due(MORNING + DAY - MINUTE) == SendReport()
    assert server.raw == []
    assert send_due(MORNING + DAY) == SendReport(sent=1)


def test_what_is_urgent_goes_out_in_quiet_hours_once_the_server_is_back(server: MailServer, story: Story) -> None:
    plan(story, quiet_from=22, quiet_to=8)
    Rule.objects.update(is_urgent=True)
    server.data_answers.append("451 later")
    story.hears(price=6300, after=13 * HOUR + 59 * MINUTE)
    assert send_due(story.now) == SendReport(retried=1)
    assert send_due(story.now + 2 * MINUTE) == SendReport(sent=1)


def test_what_is_urgent_passes_quiet_hours_and_takes_along_what_waits(server: MailServer, story: Story) -> None:
    plan(story, quiet_from=7, quiet_to=9)
    story.hears(price=6300, after=MINUTE)
    assert send_due(story.now) == SendReport()
    Rule.objects.update(is_urgent=True)
    story.hears(price=6000, after=MINUTE)
    assert send_due(story.now) == SendReport(sent=1)
    assert Email.objects.get().alerts.count() == 2


def test_what_is_urgent_does_not_wait_for_others(server: MailServer, story: Story) -> None:
    Rule.objects.update(is_urgent=True)
    story.hears(price=6300, after=MINUTE)
    assert send_due(story.now) == SendReport(sent=1)


def test_what_is_urgent_leaves_a_digest_to_its_hour(story: Story) -> None:
    plan(story, "daily")
    story.hears(price=6300, after=MINUTE)
    write_emails(story.now)
    Rule.objects.update(is_urgent=True)
    story.hears(price=6000, after=MINUTE)
    write_emails(story.now)
    assert waiting() == [("merchant", "alerts", story.now, 1), ("merchant", "digest", MORNING + HOUR, 1)]


def test_an_alert_from_before_there_were_urgent_rules_waits(story: Story) -> None:
    story.hears(price=6300, after=MINUTE)
    Alert.objects.update(rule_as_it_was={"kind": "price_changed", "threshold": None})
    write_emails(story.now)
    assert waiting() == [("merchant", "alerts", story.now + GATHER, 1)]


# Digests


def test_an_hourly_digest_comes_at_full_hours_when_there_is_something(server: MailServer, story: Story) -> None:
    plan(story, "hourly")
    story.hears(price=6300, after=10 * MINUTE)
    write_emails(story.now)
    story.hears(price=6000, after=40 * MINUTE)
    assert pass_by(story, every(10 * MINUTE, 5 * HOUR, 50 * MINUTE)) == [MORNING + HOUR]
    email = Email.objects.get()
    assert (email.kind, email.alerts.count()) == ("digest", 2)
    assert email.context == {
        "period": "hour",
        "since": "2026-11-11T00:00:00+00:00",
        "until": "2026-11-11T01:00:00+00:00",
    }


def test_a_daily_digest_comes_once_a_day_also_when_nothing_has_changed(server: MailServer, story: Story) -> None:
    plan(story, "daily", digest_hour=10)
    story.hears(price=6300, after=MINUTE)
    days = pass_by(story, every(HOUR, 3 * DAY, MINUTE))
    assert [now - MORNING for now in days] == [2 * HOUR + MINUTE, DAY + 2 * HOUR + MINUTE, 2 * DAY + 2 * HOUR + MINUTE]
    assert [email.alerts.count() for email in Email.objects.order_by("pk")] == [1, 0, 0]
    assert Email.objects.latest("pk").context == {
        "period": "day",
        "since": "2026-11-12T02:00:00+00:00",
        "until": "2026-11-13T02:00:00+00:00",
    }
    assert User.objects.get().next_digest_at == MORNING + 3 * DAY + 2 * HOUR


def test_a_weekly_digest_comes_on_its_day(server: MailServer, story: Story) -> None:
    plan(story, "weekly", digest_weekday=4)
    days = pass_by(story, every(4 * HOUR, 14 * DAY, HOUR))
    assert [now - MORNING for now in days] == [2 * DAY + HOUR, 9 * DAY + HOUR]
    assert {email.context["period"] for email in Email.objects.all()} == {"week"}


def test_each_list_comes_as_was_chosen_for_it(story: Story) -> None:
    hows = ("", "at_once", "hourly", "daily", "weekly", "off")
    lists = [another_list(story, f"List {how}") for how in hows]
    plan(story, "hourly", {one.pk: how for one, how in zip(lists, hows, strict=True)})
    story.now += 5 * MINUTE
    story.hears(price=6300, after=MINUTE)
    write_emails(story.now)
    assert waiting() == [
        ("merchant", "alerts", story.now + GATHER, 1),
        ("merchant", "digest", MORNING + HOUR, 3),  # The first list, one as the others and one hourly.
        ("merchant", "digest", MORNING + HOUR, 1),
        ("merchant", "digest", MORNING + 5 * DAY + HOUR, 1),
    ]


def test_an_alert_that_came_before_the_hour_is_in_the_digest_though_the_pass_comes_after(story: Story) -> None:
    plan(story, "daily")
    story.hears(price=6300, after=59 * MINUTE)
    write_emails(MORNING + HOUR + MINUTE)
    assert waiting() == [("merchant", "digest", MORNING + HOUR, 1)]


def test_after_a_standstill_there_is_one_digest_of_all_that_was_missed(story: Story) -> None:
    plan(story, "daily")
    story.hears(price=6300, after=30 * HOUR)
    assert write_emails(MORNING + 4 * DAY) == 1
    email = Email.objects.get()
    assert email.context["since"] == "2026-11-10T01:00:00+00:00"
    assert email.context["until"] == "2026-11-14T01:00:00+00:00"
    assert email.alerts.count() == 1
    assert User.objects.get().next_digest_at == MORNING + 4 * DAY + HOUR


def test_a_digest_that_waits_since_before_the_standstill_is_the_one(story: Story) -> None:
    plan(story, "daily")
    story.hears(price=6300, after=MINUTE)
    write_emails(story.now)
    story.hears(price=6000, after=30 * HOUR)
    write_emails(MORNING + 4 * DAY)
    assert waiting() == [("merchant", "digest", MORNING + HOUR, 2)]


@pytest.mark.parametrize("without", ["mail", "account", "lists", "any list's mail"])
def test_no_empty_digest_goes_to_people_without(story: Story, without: str) -> None:
    plan(story, "daily")
    match without:
        case "mail":
            User.objects.update(receives_mail=False)
        case "account":
            User.objects.update(is_active=False)
        case "lists":
            Watchlist.objects.update(deleted_at=story.now)
        case _:
            want_mails(story.user, {story.watchlist.pk: False}, story.now)
    assert write_emails(MORNING + HOUR) == 0
    assert User.objects.get().next_digest_at == MORNING + DAY + HOUR


def test_a_member_gets_the_digest_of_a_shared_list(story: Story) -> None:
    member = User.objects.create_user("member@example.com", mail_how="daily")
    Membership.objects.create(watchlist=story.watchlist, user=member)
    follow_plan(member, story.now)
    write_emails(MORNING + HOUR)
    assert waiting() == [("member", "digest", MORNING + HOUR, 0)]


def test_two_digests_of_one_hour_are_two_when_they_are_of_two_periods(story: Story) -> None:
    plan(story, "daily", {another_list(story).pk: "weekly"}, digest_weekday=2)
    write_emails(MORNING + HOUR)
    assert [email.period for email in Email.objects.order_by("period")] == ["day", "week"]
    assert write_emails(MORNING + HOUR) == 0


# What waits when the plan changes


def test_another_plan_moves_what_waits(story: Story) -> None:
    plan(story, "weekly")
    story.hears(price=6300, after=MINUTE)
    write_emails(story.now)
    for how, fields, due, kind in (
        ("daily", {}, MORNING + HOUR, "digest"),
        ("daily", {"digest_hour": 12}, MORNING + 4 * HOUR, "digest"),
        ("daily", {"time_zone": "Asia/Tokyo"}, MORNING + 3 * HOUR, "digest"),
        ("daily", {"quiet_from": 8, "quiet_to": 20}, MORNING + 11 * HOUR, "digest"),
        ("at_once", {}, MORNING + 11 * HOUR, "alerts"),
        ("at_once", {"quiet_from": None, "quiet_to": None}, story.now + GATHER, "alerts"),
        ("hourly", {}, MORNING + HOUR, "digest"),
    ):
        plan(story, how, **fields)
        assert waiting() == [("merchant", kind, due, 1)], (how, fields)
    assert User.objects.get().next_digest_at is None


def test_what_a_sender_has_taken_is_not_moved(story: Story) -> None:
    story.hears(price=6300)
    write_emails(story.now)
    (email,) = claim(story.now + GATHER, 9)
    plan(story, "daily")
    assert Email.objects.get().message_id == email.message_id


def test_a_digest_whose_hour_is_over_waits_for_the_server_as_it_is(story: Story) -> None:
    plan(story, "daily")
    story.now = MORNING + HOUR
    write_emails(story.now)
    Email.objects.update(next_attempt_at=story.now + MINUTE)  # The server was down.
    plan(story, "at_once")
    assert waiting() == [("merchant", "digest", story.now + MINUTE, 0)]


def test_a_list_that_is_switched_on_again_comes_as_before(story: Story) -> None:
    plan(story, "at_once", {story.watchlist.pk: "daily"})
    story.hears(price=6300, after=MINUTE)
    write_emails(story.now)
    for wanted in (False, False, True, True):
        want_mails(story.user, {story.watchlist.pk: wanted}, story.now)
        assert waiting() == [("merchant", "digest", MORNING + HOUR, 1)]
        assert (User.objects.get().next_digest_at is None) is not wanted
    assert MailChoice.objects.get().how == "daily"


def test_what_waits_goes_to_the_new_address(story: Story) -> None:
    story.hears(price=6300)
    write_emails(story.now)
    change_address(story.user, "new@example.com", story.now)
    assert set(Email.objects.values_list("address", "kind")) == {
        ("new@example.com", "alerts"),
        ("merchant@example.com", "address_changed"),
    }


def test_clocks_that_jump_leave_no_day_without_a_digest_and_none_with_two(server: MailServer, story: Story) -> None:
    for first in (datetime(2027, 3, 12, tzinfo=UTC), datetime(2027, 11, 5, tzinfo=UTC)):
        story.now = first
        plan(story, "daily", digest_hour=2, time_zone="America/New_York")
        sent = [now for now in (first + step for step in every(HOUR, 4 * DAY)) if send_due(now) != SendReport()]
        assert len(sent) == 4


def test_a_digest_goes_to_nobody_who_wants_no_mails_by_then(server: MailServer, story: Story) -> None:
    plan(story, "daily")
    story.hears(price=6300, after=MINUTE)
    write_emails(story.now)
    User.objects.update(receives_mail=False)
    assert send_due(MORNING + HOUR) == SendReport(dropped=1)


def test_what_is_read_while_it_waits_is_not_mailed_but_in_a_digest(server: MailServer, story: Story) -> None:
    plan(story, quiet_from=7, quiet_to=9)
    story.hears(price=6300, after=MINUTE)
    write_emails(story.now)
    mark_read(story.user, Alert.objects.all(), story.now + MINUTE)
    story.hears(price=6000, after=MINUTE)
    assert send_due(MORNING + HOUR) == SendReport(sent=1)
    assert "¥60.00" in part(server.messages[0], "plain")
    assert "有 1 条" in part(server.messages[0], "plain")

    story.hears(price=5500, after=DAY)
    write_emails(story.now)
    mark_read(story.user, Alert.objects.all(), story.now + MINUTE)
    assert send_due(MORNING + DAY + HOUR) == SendReport(dropped=1)

    story.now = MORNING + 2 * DAY
    plan(story, "daily")
    story.hears(price=5000, after=MINUTE)
    write_emails(story.now)
    mark_read(story.user, Alert.objects.all(), story.now + MINUTE)
    assert send_due(MORNING + 2 * DAY + HOUR) == SendReport(sent=1)
    assert "¥50.00" in part(server.messages[-1], "plain")


def test_a_mail_that_was_tried_tells_the_same_again_though_it_was_read(server: MailServer, story: Story) -> None:
    server.data_answers.append("451 later")
    story.hears(price=6300, after=MINUTE)
    write_emails(story.now)
    assert send_due(story.now + GATHER) == SendReport(retried=1)
    mark_read(story.user, Alert.objects.all(), story.now + HOUR)
    assert send_due(story.now + DAY) == SendReport(sent=1)
