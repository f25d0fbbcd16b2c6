"""Static files in production: only those that pages load, all with hashed names."""

import json
from pathlib import Path
from unittest import mock

from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import override_settings

from config.staticfiles import StaticFilesFinder

HASHED = {"staticfiles": {"BACKEND": "config.staticfiles.HashedStaticFilesStorage"}}


def collect(source: Path, target: Path, prefix: str = "") -> dict[str, str]:
    """Return the manifest, plain name to hashed name, of the files below `source`."""
    folder = (prefix, source) if prefix else source
    # Django keeps one finder for the whole process; this one reads the test's folder.
    finder = "django.contrib.staticfiles.management.commands.collectstatic.get_finders"
    with (
        override_settings(
            STATICFILES_DIRS=[folder], STATIC_ROOT=target, STORAGES=HASHED, DEBUG=False
        ),
        mock.patch(finder, return_value=[StaticFilesFinder()]),
    ):
        call_command("collectstatic", "--no-input", verbosity=0)
    paths: dict[str, str] = json.loads((target.parent / "staticfiles.json").read_text())["paths"]
    return paths


def test_imports_of_modules_are_hashed(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    (source / "base.js").write_text("export const one = 1;\n")
    (source / "page.js").write_text('import { one } from "./base.js";\nconsole.log(one);\n' * 20)
    manifest = collect(source, target)
    assert manifest["base.js"] != "base.js"
    page = (target / manifest["page.js"]).read_text()
    assert f'from "./{manifest["base.js"]}"' in page
    assert (target / f"{manifest['page.js']}.br").is_file()


def test_it_finds_in_development_what_production_collects() -> None:
    assert finders.find("vendor/chart.js/chart.umd.min.js")
    assert finders.find("vendor/tabler/css/tabler.min.css")
    assert finders.find("vendor/tabler/css/tabler.css") is None
    assert finders.find("django_htmx/htmx-2.min.js")
