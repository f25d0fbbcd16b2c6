"""Reads uploads and pasted text: small ones at once, others in a process of its own with limits of
memory and time."""

import json
import logging
import subprocess
import sys
import threading
from datetime import timedelta
from subprocess import PIPE
from typing import Any

from django.conf import settings
from django.utils import timezone

from monitor.models import User
from monitor.people import throttle
from monitor.provider.links import Problem
from monitor.watching.uploads.files import Refusal, UnreadableUpload
from monitor.watching.uploads.lines import UploadLine
from monitor.watching.uploads.parsing import answer_to, is_small
from monitor.watching.uploads.sheets import SheetRow

READER_BYTES = 512 * 1024 * 1024
#: Ordinary files take a fifth of it.
READER_CPU_SECONDS = 20
#: On a busy machine the reader may take twice as long.
READER_SECONDS = 2 * READER_CPU_SECONDS
#: A web process reads at most this many uploads at the same time: pages need its other threads, and
#: its memory.
READERS = 2
#: How long an upload waits for a free reader.
WAIT_SECONDS = 2
#: One reader a user, on all web processes: each reading is taken and given back. The reading of a
#: process that was killed counts until it would have ended.
ONE_AT_A_TIME = throttle.Limit(
    "reader", burst=1, every=timedelta(seconds=READER_SECONDS + WAIT_SECONDS)
)

logger = logging.getLogger(__name__)
free_readers = threading.BoundedSemaphore(READERS)


def read_file(data: bytes, by: User | None) -> tuple[UploadLine, ...]:
    """Read the lines of a table that the user `by` uploads. None: an operator uploads it. Raises
    UnreadableUpload."""
    return _lines("file", data, by)


def read_pasted(text: str, by: User | None) -> tuple[UploadLine, ...]:
    """Read the lines of pasted text, as `read_file` does."""
    return _lines("text", text.encode(errors="replace"), by)


def read_sheet(data: bytes, by: User) -> list[SheetRow]:
    """Read the rows of an uploaded sheet with values of products. Raises UnreadableUpload."""
    return [SheetRow(*row) for row in _read("sheet", data, by)]


def _lines(kind: str, data: bytes, by: User | None) -> tuple[UploadLine, ...]:
    return tuple(
        UploadLine(number, text, num_iid, Problem(problem) if problem else None, *rest)
        for number, text, num_iid, problem, *rest in _read(kind, data, by)
    )


def _read(kind: str, data: bytes, by: User | None) -> list[list[Any]]:
    if is_small(data):
        answer = answer_to(kind, data)
    elif by is not None and (wait := throttle.take(ONE_AT_A_TIME, str(by.pk), timezone.now())):
        raise UnreadableUpload(Refusal.ONE_AT_A_TIME, wait)
    else:
        try:
            answer = _answer_of_process(kind, data)
        finally:
            if by is not None:
                throttle.give_back(ONE_AT_A_TIME, str(by.pk))
    if "refusal" in answer:
        raise UnreadableUpload(Refusal(answer["refusal"]))
    lines: list[list[Any]] = answer["lines"]
    return lines


def _answer_of_process(kind: str, data: bytes) -> dict[str, Any]:
    if not free_readers.acquire(timeout=WAIT_SECONDS):
        raise UnreadableUpload(Refusal.BUSY)
    # A new interpreter, because a process with threads cannot fork safely; without environment,
    # because the reader must know no secrets.
    command = [
        sys.executable,
        "-m",
        "monitor.watching.uploads",
        kind,
        str(READER_BYTES),
        str(READER_CPU_SECONDS),
    ]
    try:
        done = subprocess.run(  # noqa: S603 # Nothing of the command comes from outside.
            command,
            input=data,
            stdout=PIPE,
            timeout=READER_SECONDS,
            cwd=settings.BASE_DIR,
            env={},
            check=True,
        )
        answer: dict[str, Any] = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        # Out of time, killed, or an error of the reader, which writes its traceback to our standard
        # error.
        logger.warning("A %s of %d bytes was not read: %s", kind, len(data), error)
        raise UnreadableUpload(Refusal.TOO_COSTLY) from None
    finally:
        free_readers.release()
    return answer
