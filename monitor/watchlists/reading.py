"""Reads uploads and pasted text in a process of its own, with limits of memory and time."""

import json
import logging
import subprocess
import sys
import threading
from subprocess import PIPE
from typing import Any

from django.conf import settings

from monitor.uploads.files import Refusal, UnreadableUpload
from monitor.uploads.links import Problem, UploadLine, read_text
from monitor.uploads.sheets import SheetRow

READER_BYTES = 512 * 1024 * 1024
#: On a busy machine the reader may take twice as long.
READER_CPU_SECONDS = 20
READER_SECONDS = 2 * READER_CPU_SECONDS
#: A web process reads at most this many uploads at the same time: pages need its other threads, and its memory.
READERS = 2
#: Pasted text up to this number of characters is read in this process: at worst that takes 20 ms and 4 MB.
SHORT_TEXT = 32_767

logger = logging.getLogger(__name__)
_free_readers = threading.BoundedSemaphore(READERS)


def read_file(data: bytes) -> tuple[UploadLine, ...]:
    """The lines of an uploaded table. Raises UnreadableUpload."""
    return _read_apart("file", data)


def read_pasted(text: str) -> tuple[UploadLine, ...]:
    """The lines of pasted text. Raises UnreadableUpload."""
    if len(text) <= SHORT_TEXT:
        return tuple(read_text(text))
    return _read_apart("text", text.encode(errors="replace"))


def read_sheet(data: bytes) -> list[SheetRow]:
    """The rows of an uploaded sheet with values of products. Raises UnreadableUpload."""
    return [SheetRow(*row) for row in _read_raw("sheet", data)]


def _read_apart(kind: str, data: bytes) -> tuple[UploadLine, ...]:
    return tuple(
        UploadLine(number, text, num_iid, Problem(problem) if problem else None, column, code)
        for number, text, num_iid, problem, column, code in _read_raw(kind, data)
    )


def _read_raw(kind: str, data: bytes) -> list[list[Any]]:
    if not _free_readers.acquire(blocking=False):
        raise UnreadableUpload(Refusal.BUSY)
    try:
        return _read_in_a_process(kind, data)
    finally:
        _free_readers.release()


def _read_in_a_process(kind: str, data: bytes) -> list[list[Any]]:
    # A new interpreter, because a process with threads cannot fork safely; without `site` and environment, because the
    # reader needs no packages and must know no secrets.
    command = [sys.executable, "-S", "-m", "monitor.uploads", kind, str(READER_BYTES), str(READER_CPU_SECONDS)]
    try:
        done = subprocess.run(  # noqa: S603 # Nothing of the command comes from outside.
            command, input=data, stdout=PIPE, timeout=READER_SECONDS, cwd=settings.BASE_DIR, env={}, check=True
        )
        answer: dict[str, Any] = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        # Out of time, killed, or an error of the reader, which writes its traceback to our standard error.
        logger.warning("A %s of %d bytes was not read: %s", kind, len(data), error)
        raise UnreadableUpload(Refusal.TOO_COSTLY) from None
    if "refusal" in answer:
        raise UnreadableUpload(Refusal(answer["refusal"]))
    lines: list[list[Any]] = answer["lines"]
    return lines
