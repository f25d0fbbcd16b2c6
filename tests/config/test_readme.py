"""The docs list exactly the variables that are read, and name files that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READ = re.compile(r'\benv\.(\w+)\(\s*"(\w+)"')
ROW = re.compile(r"^\| `([A-Z_]+)`( \*)? \|", re.MULTILINE)


def test_it_lists_every_variable_and_which_of_them_may_be_files() -> None:
    read = {
        name: method == "secret"
        for method, name in READ.findall((ROOT / "config" / "settings.py").read_text())
    }
    listed = {
        name: bool(star)
        for name, star in ROW.findall((ROOT / "docs" / "configuration.md").read_text())
    }
    assert len(read) > 15
    assert listed == read


def test_the_architecture_names_files_that_exist() -> None:
    named = re.findall(
        r"`([\w/]+/[\w.]+|\w+\.py)`", (ROOT / "docs" / "architecture.md").read_text()
    )
    of_each_page = {"views.py", "forms.py", "reads.py"}
    assert not [
        path
        for path in {*named} - of_each_page
        if not any((ROOT / top / path).exists() for top in (".", "monitor"))
    ]


def test_links_between_the_docs_lead_somewhere() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    links = [
        (page, link)
        for page in pages
        for link in re.findall(r"\]\(([^)#:]+)(?:#[\w-]*)?\)", page.read_text())
    ]
    assert len(links) > 10
    assert not [(page.name, link) for page, link in links if not (page.parent / link).exists()]


def test_everything_starts_what_the_procfile_says() -> None:
    processes = {line.partition(":")[0] for line in (ROOT / "Procfile").read_text().splitlines()}
    units = [path.read_text() for path in (ROOT / "deploy" / "systemd").glob("*.service")]
    compose = (ROOT / "deploy" / "compose.yml").read_text()
    assert processes == {
        name for unit in units for name in re.findall(r"deploy/start (\w+)$", unit, re.MULTILINE)
    }
    assert processes == set(re.findall(r"command: \[(\w+)\]", compose)) - {"migrate"}
    for page in (
        *units,
        compose,
        (ROOT / "README.md").read_text(),
        (ROOT / "docs" / "operations.md").read_text(),
    ):
        assert not re.search(r"gunicorn config|celery .*-A config", page)
