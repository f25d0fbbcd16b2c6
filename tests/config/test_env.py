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


def test_it_reads_a_secret_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("s3cret\n")
    assert Env({"PROVIDER_KEY_FILE": str(file)}).secret("PROVIDER_KEY") == "s3cret"


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe\xfa"])
def test_it_refuses_a_secret_file_without_text(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ImproperlyConfigured, match="PROVIDER_KEY_FILE names"):
        Env({"PROVIDER_KEY_FILE": str(file)}).secret("PROVIDER_KEY", "default")
