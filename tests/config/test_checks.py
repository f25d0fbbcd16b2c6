"""System checks report a configuration that can be read but would fail later."""

from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from config.services import mailer
from monitor.checks import TAG, refuse_errors

SMTP = {
    "default": {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {"host": "mail.example.org"},
    }
}
PRODUCTION = {
    "DEBUG": False,
    "SECRET_KEY": "0f3a9c5d7e1b2846a0f3a9c5d7e1b284",
    "SITE_URL": "https://watch.example.org",
    "ALLOWED_HOSTS": ["watch.example.org"],
    "PROVIDER_SANDBOX": False,
    "PROVIDER_URL": "https://gateway.example.org",
    "PROVIDER_KEY": "key-k9",
    "PROVIDER_SECRET": "secret-s9",
    "MAILERS": SMTP,
}


@pytest.fixture(autouse=True)
def _production(tmp_path: Path) -> object:
    (tmp_path / "staticfiles.json").write_text("{}")
    with override_settings(**PRODUCTION, STATIC_ROOT=tmp_path / "static"):
        yield


def ids() -> list[str | None]:
    return [message.id for message in run_checks(tags=[TAG])]


def test_a_correct_production_has_no_messages() -> None:
    assert ids() == []
    refuse_errors()


def test_a_developer_with_the_sandbox_has_no_messages() -> None:
    developer = {
        "DEBUG": True,
        "SITE_URL": "http://localhost:8000",
        "PROVIDER_SANDBOX": True,
        "PROVIDER_KEY": "k",
    }
    with override_settings(
        **developer, PROVIDER_URL="http://localhost:8000/sandbox", STATIC_ROOT="nowhere"
    ):
        assert ids() == []


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        ("https://watch.some-example.org", []),  # 30 characters
        ("https://watch.some-examples.org", ["monitor.W021"]),
        ("https://看摊.example.org", ["monitor.W021"]),
        ("http://watch.example.org", ["monitor.W014"]),
    ],
)
def test_it_warns_if_mail_programs_cannot_offer_to_unsubscribe(
    site: str, expected: list[str]
) -> None:
    with override_settings(SITE_URL=site, ALLOWED_HOSTS=["*"]):
        assert sorted(map(str, ids())) == expected


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SECRET_KEY", "k8Qw_zT4-vB2nM6xLp9RsYd", "monitor.E019"),
        ("SECRET_KEY", "changeme" * 8, "monitor.E019"),
        ("PROVIDER_KEY", "", "monitor.E001"),
        ("PROVIDER_SECRET", "", "monitor.E002"),
        ("PROVIDER_URL", "", "monitor.E003"),
        ("PROVIDER_URL", "https://gateway.example.org/?key=1", "monitor.E003"),
        ("PROVIDER_URL", "https://gateway.example.org:0", "monitor.E003"),
        ("PROVIDER_URL", "https://[half", "monitor.E003"),
        ("PROVIDER_URL", "http://gateway.example.org", "monitor.W004"),
        ("SITE_URL", "watch.example.org", "monitor.E012"),
        ("SITE_URL", "https://watch.example.org/app", "monitor.E012"),
        ("SITE_URL", "https://localhost", "monitor.W013"),
        ("ALLOWED_HOSTS", ["other.example.org"], "monitor.E015"),
        ("DEFAULT_FROM_EMAIL", "Stallwatch", "monitor.E016"),
        (
            "MAILERS",
            {"default": {"BACKEND": "django.core.mail.backends.console.EmailBackend"}},
            "monitor.W017",
        ),
        ("STATIC_ROOT", "nowhere", "monitor.W018"),
        ("OUTGOING_NETWORKS", ["10.1.0.0/16", "10.2.0.0/33"], "monitor.E026"),
        ("OUTGOING_NETWORKS", ["intranet"], "monitor.E026"),
    ],
)
def test_each_wrong_setting_has_its_message(name: str, value: object, expected: str) -> None:
    with override_settings(**{name: value}):
        [message] = run_checks(tags=[TAG])
    assert message.id == expected
    assert message.hint


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("smtp://watch:secret-s9@mail.example.org:587", ["monitor.W023"]),
        ("smtp://watch:secret-s9@mail.example.org:587?tls=1", []),
        ("smtp+starttls://watch:secret-s9@mail.example.org", []),
        ("smtp://watch:secret-s9@localhost", []),
        ("smtp://mail.example.org", []),
    ],
)
def test_it_warns_of_a_mail_password_that_is_sent_unencrypted(
    address: str, expected: list[str]
) -> None:
    with override_settings(MAILERS={"default": mailer(address, Path())}):
        messages = run_checks(tags=[TAG])
    assert [message.id for message in messages] == expected
    assert "secret-s9" not in str(messages)


def test_it_warns_of_a_variable_that_earlier_versions_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_REPLICA_URL", "postgres://stall:secret-s9@replica/stall")
    [message] = run_checks(tags=[TAG])
    assert message.id == "monitor.W031"
    assert "DATABASE_REPLICA_URL" in message.msg
    assert "secret-s9" not in str(message)


def test_all_errors_are_raised_at_once_and_warnings_are_not() -> None:
    with override_settings(SITE_URL="http://watch.example.org"):
        refuse_errors()
    with override_settings(PROVIDER_SECRET="", SITE_URL="example.org"):
        with pytest.raises(
            ImproperlyConfigured, match=r"(?s)monitor\.E002.*monitor\.E012"
        ) as caught:
            refuse_errors()
        assert "key-k9" not in str(caught.value)


@pytest.mark.parametrize(
    ("token", "expected"), [("", []), ("secret", ["monitor.E030"]), ("0f3a9c5d7e1b2846", [])]
)
def test_the_token_of_prometheus_is_not_to_be_guessed(token: str, expected: list[str]) -> None:
    with override_settings(METRICS_TOKEN=token):
        assert ids() == expected
