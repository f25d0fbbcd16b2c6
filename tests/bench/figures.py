"""A figure: a measured value and its target."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Target:
    """At most, or at least, `value`."""

    sign: str
    value: float

    def is_met(self, value: float) -> bool:
        return value <= self.value if self.sign == "<=" else value >= self.value

    def __str__(self) -> str:
        return f"{self.sign} {self.value:g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured `value`, in `unit`. Without a target it is for comparison."""

    name: str
    value: float
    unit: str = ""
    target: Target | None = None

    def as_json(self) -> dict[str, Any]:
        fields = asdict(self)
        if self.target:
            fields |= {"target": str(self.target), "met": self.target.is_met(self.value)}
        return fields


def at_most(value: float) -> Target:
    return Target("<=", value)


def at_least(value: float) -> Target:
    return Target(">=", value)
