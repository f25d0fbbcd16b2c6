"""Reads typed settings from environment variables, and says which variable is wrong, with an example of a right one.

An empty variable counts as not set. No message ever repeats a value: it may hold a password.
"""

import math
from collections.abc import Mapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})


class Env:
    """Typed access to a mapping such as `os.environ`; each method raises `ImproperlyConfigured` on a bad value."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def text(self, name: str, default: str = "") -> str:
        """The variable's text without blanks around it."""
        return self._variables.get(name, "").strip() or default

    def secret(self, name: str, default: str = "") -> str:
        """The variable's text, or the first line of the file that `<name>_FILE` names (a mounted secret)."""
        value, path = self.text(name), self.text(f"{name}_FILE")
        if value and path:
            raise ImproperlyConfigured(f"Both {name} and {name}_FILE are set. Keep one of them.")
        if not path:
            return value or default
        try:
            lines = Path(path).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(
                f"{name}_FILE names a file that cannot be read ({type(error).__name__}). "
                f"Example: {name}_FILE=/run/secrets/{name.lower()}"
            ) from None
        if not lines or not lines[0].strip():
            raise ImproperlyConfigured(f"{name}_FILE names an empty file. Put the value on its first line.")
        return lines[0].strip()

    def flag(self, name: str, default: bool = False) -> bool:
        """A yes or no: 1, true, yes, on, or 0, false, no, off."""
        value = self.text(name).lower()
        if not value:
            return default
        if value not in TRUE | FALSE:
            raise ImproperlyConfigured(f"{name} is neither yes nor no. Example: {name}=1")
        return value in TRUE

    def integer(self, name: str, default: int) -> int:
        value = self.text(name)
        try:
            return int(value) if value else default
        except ValueError:
            raise ImproperlyConfigured(f"{name} is not a whole number. Example: {name}={default}") from None

    def number(self, name: str, default: float) -> float:
        try:
            number = float(self.text(name) or default)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise ImproperlyConfigured(f"{name} is not a number. Example: {name}={default:g}")
        return number

    def words(self, name: str, default: tuple[str, ...] = ()) -> list[str]:
        """A comma-separated list, blanks ignored."""
        return [word.strip() for word in self.text(name).split(",") if word.strip()] or list(default)

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        """One of `choices`, whatever its case."""
        value = self.text(name, default).upper()
        if value not in choices:
            raise ImproperlyConfigured(f"{name} is none of {', '.join(choices)}. Example: {name}={default}")
        return value
