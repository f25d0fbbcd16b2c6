"""Finds the static files, and stores them for production."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import FileSystemFinder
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

#: The files in node_modules that pages load; the others are sources, and style sheets for pictures
#: we do not have.
VENDOR_WANTED = ("*.min.js", "*.min.css", "*.min.js.map", "*.min.css.map")
VENDOR_UNWANTED = (
    "*/tests/*",
    "*.rtl.*",
    "*tabler-flags*",
    "*tabler-payments*",
    "*tabler-socials*",
)


class StaticFilesFinder(FileSystemFinder):
    """Django's finder for STATICFILES_DIRS, which finds only the minified files below `vendor/`."""

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Any]]:
        for path, storage in super().list(ignore_patterns):
            if _is_wanted(f"{getattr(storage, 'prefix', '')}/{path}"):
                yield path, storage

    def find_location(self, root: str, path: str, prefix: str | None = None) -> str | None:
        return super().find_location(root, path, prefix) if _is_wanted(path) else None


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashed names, also within the `import`s of our ES modules; gzip and brotli beside every text
    file."""

    support_js_module_import_aggregation = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Keep the manifest beside STATIC_ROOT: everything inside is public."""
        super().__init__(
            *args, manifest_storage=FileSystemStorage(Path(settings.STATIC_ROOT).parent), **kwargs
        )


def _is_wanted(path: str) -> bool:
    if not path.startswith("vendor/"):
        return True
    is_unwanted = any(fnmatch(path, pattern) for pattern in VENDOR_UNWANTED)
    return any(fnmatch(path, pattern) for pattern in VENDOR_WANTED) and not is_unwanted
