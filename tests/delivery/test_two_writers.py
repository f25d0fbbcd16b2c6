"""Writers of e-mails that meet: what is new for somebody goes into one mail, and no digest is written twice."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from monitor.delivery import compose
from monitor.delivery.compose import write_emails
from monitor.mail_times import How
from monitor.models import Email, EmailAlert, Membership, Rule, User
from monitor.timing.plans import Choices
from monitor.timing.waiting import follow_plan
from monitor.watchlists.mails import save_plan
from tests.delivery.test_two_senders import at_once
from tests.story import START, Story

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def people(story: Story, number: int, how: str) -> list[User]:
    """Members of the story's list who have their alerts mailed in one way, as has its owner."""
    users = [User.objects.create_user(f"member{n}@example.com") for n in range(number)]
    Membership.objects.bulk_create(Membership(watchlist=story.watchlist, user=user) for user in users)
    for user in (story.user, *users):
        user.mail_how = how
        save_plan(user, ["mail_how"], {}, story.now)
    return users


@pytest.mark.django_db(transaction=True)
def test_digests_are_written_once_whatever_the_number_of_writers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compose, "BATCH", 7)
    people(Story(), 19, "daily")
    assert sum(map(int, map(str, at_once(lambda: write_emails(START + HOUR), 4)))) <= 20
    write_emails(START + HOUR)  # Whom all four have passed over.
    assert Email.objects.count() == Email.objects.values("recipient").distinct().count() == 20
    assert set(User.objects.values_list("next_digest_at", flat=True)) == {START + DAY + HOUR}


@pytest.mark.django_db(transaction=True)
def test_writers_at_the_same_time_put_all_that_is_new_for_somebody_into_one_mail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compose, "BATCH", 2)
    story = Story()
    people(story, 3, "daily")
    Rule.objects.update(cooldown=timedelta(0))  # Each alert is one of its own.
    story.hears(after=timedelta(0))
    for step in range(12):
        story.hears(price=6300 - step, after=timedelta(minutes=1))
    at_once(lambda: write_emails(story.now), 4)
    write_emails(story.now)
    assert [email.alerts.count() for email in Email.objects.all()] == [12] * 4


@pytest.mark.django_db(transaction=True)
def test_a_plan_that_changes_while_alerts_are_written_loses_none_and_tells_none_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compose, "BATCH", 1)
    story = Story()
    Rule.objects.update(cooldown=timedelta(0))
    story.hears(after=timedelta(0))
    for step in range(8):
        story.hears(price=6300 - step, after=timedelta(minutes=1))
    hows = iter(("daily", "weekly", "hourly", "daily"))

    def write_or_choose() -> None:
        user = User.objects.get()
        user.mail_how = next(hows)
        save_plan(user, ["mail_how"], {}, story.now)
        write_emails(story.now)

    at_once(write_or_choose, 4)
    write_emails(story.now)
    follow_plan(story.user, story.now)
    assert EmailAlert.objects.count() == 8
    email = Email.objects.get()
    assert email.period == {"daily": "day", "weekly": "week", "hourly": "hour"}[User.objects.get().mail_how]


@pytest.mark.django_db
def test_the_database_holds_no_digest_twice() -> None:
    story = Story()
    people(story, 0, "daily")
    write_emails(START + HOUR)
    other = Email.objects.get()
    other.pk, other.message_id = None, "another@example.com"
    with pytest.raises(IntegrityError), transaction.atomic():
        other.save(force_insert=True)


@pytest.mark.django_db
def test_digests_of_many_people_take_as_many_statements_as_of_one() -> None:
    story, counts = Story(), []
    for number in (1, 10):
        story.now += 10 * DAY
        people(story, number, "daily")
        with CaptureQueriesContext(connection) as queries:
            write_emails(story.now + DAY)
        counts.append(len(queries))
        Membership.objects.all().delete()
        User.objects.exclude(pk=story.user.pk).delete()
    assert Email.objects.filter(recipient=story.user).count() == 2
    assert counts[0] == counts[1]


@pytest.mark.django_db
def test_the_next_digest_is_that_of_any_list() -> None:
    story = Story()
    save_plan(story.user, [], {story.watchlist.pk: "weekly"}, story.now)
    choices = Choices.of([story.user])
    assert choices.how(story.user, story.watchlist.pk) is How.WEEKLY
    assert choices.next_digest(story.user, START) == START + 5 * DAY + HOUR == story.user.next_digest_at
