"""Reading the environment: types, files with secrets, and messages that name the variable but never
its value."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import Env


def test_an_empty_variable_counts_as_not_set() -> None:
    env = Env({"NAME": "  ", "COUNT": "", "ON": ""})
    assert env.text("NAME", "else") == "else"
    assert env.integer("COUNT", 3) == 3
    assert env.flag("ON", default=True) is True


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", True), ("Yes", True), ("on", True), ("0", False), ("FALSE", False)],
)
def test_it_reads_yes_and_no(value: str, expected: bool) -> None:
    assert Env({"DEBUG": value}).flag("DEBUG") is expected


def test_it_splits_words_at_commas() -> None:
    assert Env({"HOSTS": " a.example , ,b.example"}).words("HOSTS") == ["a.example", "b.example"]
    assert Env({}).words("HOSTS", ("c.example",)) == ["c.example"]


@pytest.mark.parametrize("read", ["flag", "integer", "number"])
def test_it_names_the_variable_and_an_example_but_not_the_value(read: str) -> None:
    env = Env({"PROVIDER_X": "hunter2"})
    with pytest.raises(ImproperlyConfigured) as caught:
        getattr(env, read)("PROVIDER_X", 15)
    assert "PROVIDER_X" in str(caught.value)
    assert "Example: PROVIDER_X=1" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("value", ["nan", "inf", "-Infinity", "0", "-3"])
def test_it_refuses_a_number_that_is_too_small_or_none(value: str) -> None:
    with pytest.raises(
        ImproperlyConfigured, match=r"PROVIDER_TIMEOUT is not a number of 0\.1 or more"
    ):
        Env({"PROVIDER_TIMEOUT": value}).number("PROVIDER_TIMEOUT", 15, least=0.1)
    with pytest.raises(
        ImproperlyConfigured, match="PROVIDER_CONCURRENCY is not a whole number of 1 or more"
    ):
        Env({"PROVIDER_CONCURRENCY": value}).integer("PROVIDER_CONCURRENCY", 8, least=1)


def test_it_takes_one_of_some_words_in_any_case() -> None:
    assert (
        Env({"SHARE_LINKS": "refuse"}).choice("SHARE_LINKS", "FOLLOW", ("FOLLOW", "REFUSE"))
        == "REFUSE"
    )
    with pytest.raises(ImproperlyConfigured, match="PROVIDER_LANG is not one of cn, en"):
        Env({"PROVIDER_LANG": "de"}).choice("PROVIDER_LANG", "cn", ("cn", "en"))


def test_it_reads_a_secret_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("s3cret\n")
    assert Env({"PROVIDER_KEY_FILE": str(file)}).secret("PROVIDER_KEY") == "s3cret"


def test_it_refuses_a_secret_given_twice(tmp_path: Path) -> None:
    env = Env({"PROVIDER_KEY": "one", "PROVIDER_KEY_FILE": str(tmp_path / "key")})
    with pytest.raises(ImproperlyConfigured, match="Both PROVIDER_KEY and PROVIDER_KEY_FILE"):
        env.secret("PROVIDER_KEY")


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe\xfa"])
def test_it_refuses_a_secret_file_without_text(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ImproperlyConfigured, match="PROVIDER_KEY_FILE names"):
        Env({"PROVIDER_KEY_FILE": str(file)}).secret("PROVIDER_KEY", "default")
