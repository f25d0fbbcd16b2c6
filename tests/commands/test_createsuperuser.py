"""`createsuperuser` works and prints English only."""

import pytest
from django.core.management import CommandError, call_command

from monitor.models import User

pytestmark = pytest.mark.django_db


def test_it_creates_an_operator(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("createsuperuser", email="Boss@Example.com", interactive=False)
    assert "Superuser created successfully." in capsys.readouterr().out
    boss = User.objects.get(email="boss@example.com")
    assert (boss.is_staff, boss.is_superuser) == (True, True)


def test_its_faults_are_in_english() -> None:
    with pytest.raises(CommandError) as fault:
        call_command("createsuperuser", email="nobody", interactive=False)
    assert str(fault.value).isascii()
