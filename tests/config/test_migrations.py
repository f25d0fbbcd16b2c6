"""Databases that are full and in use come through the migrations with what is in them."""

import json
import re
from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from monitor.models import MailChoice, Product
from monitor.schedule import Belief, Known
from tests.factories import MembershipFactory, ProductFactory

IMAGE = "https://p3-aio.ecombdimg.com/obj/a"
CONTENT = {"images": [IMAGE, "b"], "attributes": [["品牌", '古"蒂"歌']]}
#: Before the content had a table of its own.
IN_THE_PRODUCT = "0012"
#: Before mails of a list could be anything but on or off.
ON_OR_OFF = "0029"
#: Before alerts could gather what fires while a rule rests.
BEFORE_LOOKING_BACK = "0023"
#: Before what is learned of a product was kept as text.
AS_A_LIST = "0042"
UNIQUE = {"alert_without_change_unique", "alert_gathered_unique"}


@pytest.fixture
def _afterwards_as_now() -> Iterator[None]:
    yield
    call_command("migrate", verbosity=0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_afterwards_as_now")
def test_a_products_content_moves_out_of_its_row_and_back() -> None:
    told, other = ProductFactory.create(content=CONTENT), ProductFactory.create(content={"freight": []})
    silent = ProductFactory.create()
    call_command("migrate", "monitor", IN_THE_PRODUCT, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM monitor_product WHERE content <> '{}'")
        assert cursor.fetchone() == (2,)
    call_command("migrate", verbosity=0)
    assert Product.objects.get(pk=told.pk).content == CONTENT
    assert Product.objects.get(pk=told.pk).image == IMAGE
    assert Product.objects.get(pk=other.pk).content == {"freight": []}
    assert (Product.objects.get(pk=silent.pk).content, Product.objects.get(pk=silent.pk).image) == ({}, "")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_afterwards_as_now")
def test_who_wants_no_mails_of_a_list_wants_none_before_and_after_there_is_more_to_choose() -> None:
    one, other = MembershipFactory.create(), MembershipFactory.create()
    MailChoice.objects.create(user=one.user, watchlist=one.watchlist, how="daily", is_off=True)
    MailChoice.objects.create(user=other.user, watchlist=other.watchlist, how="weekly")
    call_command("migrate", "monitor", ON_OR_OFF, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT user_id, watchlist_id FROM monitor_mailoff")
        assert cursor.fetchall() == [(one.user_id, one.watchlist_id)]
    call_command("migrate", verbosity=0)
    choice = MailChoice.objects.get()
    assert (choice.user, choice.how, choice.is_off) == (one.user, "", True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_afterwards_as_now")
def test_what_was_learned_of_a_product_stays_known() -> None:
    swinging = Known(Belief(12.5, 31.25, (-8.0, 3.5, 12.0), is_away=True), 4_294_967_295, 0.0208)
    lively = Known(Belief(28.2, -0.6, (-8.0, -8.0, -8.0)))
    told = [ProductFactory.create(known=known and known.dump()) for known in (swinging, lively, None)]
    call_command("migrate", "monitor", AS_A_LIST, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT known FROM monitor_product ORDER BY id")
        lists = [stored and json.loads(stored) for (stored,) in cursor.fetchall()]
        assert lists == [
            [12.5, 31.25, -8, 3.5, 12, 1, 4_294_967_295, 0.0208],
            [28.2, -0.6, -8, -8, -8, 0, None, 0],
            None,
        ]
        # As an attempt leaves it that was broken off; and what an older version stored.
        cursor.execute("ALTER TABLE monitor_product ADD COLUMN learned varchar(40) NULL")
        cursor.execute("UPDATE monitor_product SET known = '[1, 2]' WHERE known IS NULL")
    call_command("migrate", verbosity=0)
    assert [Product.objects.get(pk=one.pk).known for one in told] == [one.known for one in told]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_afterwards_as_now")
def test_alerts_stay_unique_while_rules_begin_to_look_back() -> None:
    now = _alert_constraints()
    call_command("migrate", "monitor", BEFORE_LOOKING_BACK, verbosity=0)
    before = _alert_constraints()
    assert (before.keys() & UNIQUE, now.keys() & UNIQUE) == ({"alert_without_change_unique"}, UNIQUE)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # As an attempt leaves it that was broken off.
            cursor.execute("CREATE UNIQUE INDEX alert_without_change_unique_new ON monitor_alert (rule_id, id)")
    call_command("migrate", verbosity=0)
    assert _alert_constraints() == now


def _alert_constraints() -> dict[str, tuple[object, ...]]:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "monitor_alert")
    return {name: (one["columns"], one["unique"], one.get("definition")) for name, one in found.items()}


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="Others lock the table anyway.")
def test_alerts_can_be_written_while_they_are_made_unique() -> None:
    text = StringIO()
    call_command("sqlmigrate", "monitor", "0024", stdout=text)
    statements = text.getvalue()
    made = re.findall(r"CREATE UNIQUE INDEX.*", statements)
    assert len(made) == 2
    assert all("CONCURRENTLY" in one for one in made)
    assert "BEGIN" not in statements
