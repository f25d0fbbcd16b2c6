"""The README's table of variables is complete, and names none that is not read."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READ = re.compile(r'\benv\.(\w+)\(\s*"(\w+)"')
ROW = re.compile(r"^\| `([A-Z_]+)`( \*)? \|", re.MULTILINE)


def test_it_lists_every_variable_and_which_of_them_may_be_files() -> None:
    read = {name: method == "secret" for method, name in READ.findall((ROOT / "config" / "settings.py").read_text())}
    listed = {name: bool(star) for name, star in ROW.findall((ROOT / "README.md").read_text())}
    assert len(read) > 15
    assert listed == read
