"""Figures, and how they are written, as a table."""

from dataclasses import dataclass
from typing import TextIO


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured `value`, in `unit`, that must be at most `most` or at least `least`; without them
    it is to compare."""

    name: str
    value: float
    unit: str = ""
    most: float | None = None
    least: float | None = None

    @property
    def verdict(self) -> str:
        if self.most is not None:
            return f"<= {self.most:<6g} {'met' if self.value <= self.most else 'MISSED'}"
        if self.least is not None:
            return f">= {self.least:<6g} {'met' if self.value >= self.least else 'MISSED'}"
        return ""


def write(lines: list[tuple[str, str, Figure]], machine: dict[str, str], out: TextIO) -> None:
    """Write a table. Each line is a scenario, its database and a figure."""
    for name, value in machine.items():
        out.write(f"{name:<11} {value}\n")
    before = ("", "")
    for scenario, database, figure in lines:
        if (scenario, database) != before:
            out.write(f"\n{scenario}, {database}\n")
            before = (scenario, database)
        value = f"{figure.value:,.0f}" if figure.value >= 100 else f"{figure.value:.3g}"
        out.write(
            f"  {figure.name:<62} {value:>10} {figure.unit:<10} {figure.verdict}".rstrip() + "\n"
        )
