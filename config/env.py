"""Reads typed settings from environment variables. Errors name the variable, with an example of a
right value.

An empty variable counts as not set. Errors never contain a value: it may be a password.
"""

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

FLAGS = {
    "1": True,
    "true": True,
    "yes": True,
    "on": True,
    "0": False,
    "false": False,
    "no": False,
    "off": False,
}


class Env:
    """Typed access to a mapping such as `os.environ`; each method raises `ImproperlyConfigured` on
    a bad value."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        #: All secrets that were read, of addresses only the password: logs must not have them.
        self.secrets: set[str] = set()

    def text(self, name: str, default: str = "") -> str:
        """Return the variable's text, stripped."""
        return self._variables.get(name, "").strip() or default

    def secret(self, name: str, default: str = "") -> str:
        """Return the variable's text, or the first line of the file that `<name>_FILE` names (a
        mounted secret)."""
        value, path = self.text(name), self.text(f"{name}_FILE")
        if value and path:
            raise ImproperlyConfigured(f"Both {name} and {name}_FILE are set. Keep one of them.")
        try:
            value = (
                Path(path).read_text(encoding="utf-8").strip().splitlines()[0].strip()
                if path
                else value
            )
        except (OSError, UnicodeDecodeError, IndexError):
            raise ImproperlyConfigured(
                f"{name}_FILE names a file that is missing, not readable or empty. "
                f"Example: {name}_FILE=/run/secrets/{name.lower()}"
            ) from None
        with suppress(ValueError):  # Whoever reads the address reports it.
            self.secrets |= (
                {unquote(urlsplit(value).password or "")} if "://" in value else {*value.split()}
            )
        return value or default

    def flag(self, name: str, default: bool = False) -> bool:
        return self._parse(name, lambda value: FLAGS[value.lower()], default, "yes or no", "1")

    def integer(self, name: str, default: int, least: int = 0) -> int:
        wanted = f"a whole number of {least} or more"
        return self._parse(
            name, lambda value: _at_least(least, int(value)), default, wanted, f"{default}"
        )

    def optional_integer(self, name: str, example: int, least: int = 0) -> int | None:
        """Return a whole number, or None if it is not set."""
        return self.integer(name, example, least) if self.text(name) else None

    def number(self, name: str, default: float, least: float = 0) -> float:
        wanted = f"a number of {least:g} or more"
        return self._parse(
            name, lambda value: _at_least(least, float(value)), default, wanted, f"{default:g}"
        )

    def words(self, name: str, default: tuple[str, ...] = ()) -> list[str]:
        """Return a comma-separated list."""
        return [word.strip() for word in self.text(name).split(",") if word.strip()] or list(
            default
        )

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        """Return one of `choices`; the variable may be in upper or lower case."""
        by_name = {choice.lower(): choice for choice in choices}
        return self._parse(
            name,
            lambda value: by_name[value.lower()],
            default,
            f"one of {', '.join(choices)}",
            default,
        )

    def _parse[T](
        self, name: str, parse: Callable[[str], T], default: T, wanted: str, example: str
    ) -> T:
        value = self.text(name)
        try:
            return parse(value) if value else default
        except (KeyError, ValueError):
            raise ImproperlyConfigured(
                f"{name} is not {wanted}. Example: {name}={example}"
            ) from None


def _at_least[Number: (int, float)](least: float, number: Number) -> Number:
    """Return the number. Raises ValueError if it is smaller, infinite or NaN."""
    if not least <= number < math.inf:
        raise ValueError
    return number
