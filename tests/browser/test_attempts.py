"""The operator's page of a mail: its attempts, and sending it again."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from monitor.models import Attempt, Message, User
from tests.browser.conftest import Open
from tests.browser.shelf import Shelf
from tests.browser.test_every_page import LOOKS, faults

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "theme", "language"), LOOKS[1:3])
def test_an_operator_sees_the_attempts_of_a_mail_and_sends_it_again(
    tab: Open, shelf: Shelf, width: int, theme: str, language: str
) -> None:
    operator = User.objects.create_superuser("operator@example.com", "a-password", language=language)
    email = Message.to(shelf.merchant, timezone.now(), status="refused", answer="554 5.7.1 spam", attempts=2)
    email.save()
    for outcome, code, answer in (("interrupted", None, ""), ("refused", 554, "554 5.7.1 <b>spam</b>")):
        began = timezone.now() - timedelta(minutes=3)
        Attempt.objects.create(
            message=email, sender="worker-1:77", began_at=began, outcome=outcome, code=code, answer=answer
        )
    opened = tab(width=width, color_scheme=theme, user=operator).go(f"/admin/monitor/message/{email.pk}/change/")
    page = opened.page
    expect(page.locator("#tries-group")).to_contain_text("554 5.7.1 <b>spam</b>")
    assert faults(opened, language) == []

    page.locator("select[name$=action]").select_option("send_again")
    page.locator(".actions button[type=submit]").click()
    expect(page.locator("input[name=confirmed]")).to_have_count(1)
    assert faults(opened, language) == []
    page.locator("input[type=submit]").click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    assert Message.objects.get(pk=email.pk).status == "pending"
