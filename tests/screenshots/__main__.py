"""`make screenshots`: PNG files of every page of the demo, in each language, width and theme.

    python -m tests.screenshots [NAME...] [--languages en] [--widths 390] [--themes dark]

NAME is the beginning of a page's name in `tests/browser/pages.py`, or of a mail's in
`tests/browser/mails.py`. Pages that are too wide or did not load are printed, and so are messages
of the console and of the security policy."""

import argparse
import os
import sys
from pathlib import Path

from tests.screenshots import site

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "var" / "screenshots"
LANGUAGES, WIDTHS, THEMES = ("zh-hans", "en"), (390, 1440), ("light", "dark")


def main() -> int:
    arguments = _arguments()
    site.choose_settings(FOLDER)
    import django

    django.setup()
    # These modules read the settings, which must be chosen first.
    from tests.browser.tab import CHROMIUM
    from tests.screenshots.camera import Wanted, picture

    if CHROMIUM is None:
        print(
            "No Chromium is installed. Debian: apt-get install chromium fonts-noto-cjk",
            file=sys.stderr,
        )
        return 1
    if not arguments.names:
        for old in FOLDER.glob("*.png"):
            old.unlink()
    with site.demo_site(FOLDER) as demo:
        problems = picture(demo, Wanted(**vars(arguments)), FOLDER)
    for problem in problems:
        print(f"  ! {problem}")
    return 1 if problems else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make screenshots", description="Pictures of every page, from the demo."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="only pages whose name begins so")
    parser.add_argument("--languages", nargs="+", choices=LANGUAGES, default=LANGUAGES)
    parser.add_argument("--widths", nargs="+", type=int, default=WIDTHS)
    parser.add_argument("--themes", nargs="+", choices=THEMES, default=THEMES)
    return parser.parse_args()


if __name__ == "__main__":
    # Playwright runs an event loop in this thread, in which Django refuses queries without this.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    sys.exit(main())
