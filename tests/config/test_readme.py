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


def test_gunicorn_gives_memory_back_and_opens_no_socket() -> None:
    [web] = re.findall(
        r"^web: gunicorn config\.wsgi .+", (ROOT / "Procfile").read_text(), re.MULTILINE
    )
    assert re.search(r"--max-requests \d+ --max-requests-jitter \d+", web)
    assert "--no-control-socket" in web


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


def test_the_target_starts_and_stops_the_socket_of_the_pages() -> None:
    units = ROOT / "deploy" / "systemd"
    assert (
        "stallwatch-web.socket"
        in re.findall(r"Wants=(.+)", (units / "stallwatch.target").read_text())[0].split()
    )
    assert "PartOf=stallwatch.target" in (units / "stallwatch-web.socket").read_text()


def test_the_readme_says_what_a_production_needs() -> None:
    [production] = re.findall(
        r"## Run it in production(.*?)\n## ", (ROOT / "README.md").read_text(), re.DOTALL
    )
    for need in (
        "createuser",
        "requirepass",
        "$host:$server_port",
        "TRUST_PROXY=1",
        "stop beat, then the workers",
    ):
        assert need in production
