"""Figures as a table, or as JSON lines."""

import json
from typing import Any, TextIO


def write(lines: list[tuple[str, str, dict[str, Any]]], machine: dict[str, str], out: TextIO) -> None:
    """A table. Each line is a scenario, its database and a figure as `Figure.as_json` gives it."""
    for name, value in machine.items():
        out.write(f"{name:<11} {value}\n")
    before = ("", "")
    for scenario, database, figure in lines:
        if (scenario, database) != before:
            out.write(f"\n{scenario}, {database}\n")
            before = (scenario, database)
        target = figure["target"]
        verdict = f"{target:<9} {'met' if figure['met'] else 'MISSED'}" if target else ""
        out.write(
            f"  {figure['name']:<58} {_number(figure['value']):>10} {figure['unit']:<10} {verdict}".rstrip() + "\n"
        )


def write_json(lines: list[tuple[str, str, dict[str, Any]]], machine: dict[str, str], out: TextIO) -> None:
    out.write(json.dumps({"machine": machine}) + "\n")
    for scenario, database, figure in lines:
        out.write(json.dumps({"scenario": scenario, "database": database, **figure}) + "\n")


def _number(value: float) -> str:
    if value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
