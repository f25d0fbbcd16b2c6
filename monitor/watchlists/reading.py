"""Reading what people upload or paste, in a process of its own: whatever is in it, memory and time have an end."""

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

READER_BYTES = 512 * 1024 * 1024
#: Of the processor. On a busy machine that may take twice as long, and longer nobody waits.
READER_CPU_SECONDS = 20
READER_SECONDS = 2 * READER_CPU_SECONDS
#: A web process reads so many uploads at the same time: its other threads are there for pages, and memory has an end.
READERS = 2
#: A pasted text up to this length is read at once: at worst that takes 20 ms and 4 MB.
SHORT_TEXT = 32_767

logger = logging.getLogger(__name__)
_free_readers = threading.BoundedSemaphore(READERS)


def read_file(data: bytes) -> tuple[UploadLine, ...]:
    """What an uploaded table names. Raises UnreadableUpload."""
    return _read_apart("file", data)


def read_pasted(text: str) -> tuple[UploadLine, ...]:
    """What a pasted text names. Raises UnreadableUpload."""
    if len(text) <= SHORT_TEXT:
        return tuple(read_text(text))
    return _read_apart("text", text.encode(errors="replace"))


def _read_apart(kind: str, data: bytes) -> tuple[UploadLine, ...]:
    if not _free_readers.acquire(blocking=False):
        raise UnreadableUpload(Refusal.BUSY)
    try:
        return _read_in_a_process(kind, data)
    finally:
        _free_readers.release()


def _read_in_a_process(kind: str, data: bytes) -> tuple[UploadLine, ...]:
    # A new interpreter, because a process with threads cannot fork safely; without `site` and an environment, because
    # the reader needs neither packages nor secrets.
    command = [sys.executable, "-S", "-m", "monitor.uploads", kind, str(READER_BYTES), str(READER_CPU_SECONDS)]
    try:
        done = subprocess.run(  # noqa: S603 # Nothing of the command comes from outside.
            command, input=data, stdout=PIPE, timeout=READER_SECONDS, cwd=settings.BASE_DIR, env={}, check=True
        )
        answer: dict[str, Any] = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        # Out of time, killed, or a fault of the reader, which tells of it on the standard error that it shares with us.
        logger.warning("A %s of %d bytes was not read: %s", kind, len(data), error)
        raise UnreadableUpload(Refusal.TOO_COSTLY) from None
    if "refusal" in answer:
        raise UnreadableUpload(Refusal(answer["refusal"]))
    return tuple(
        UploadLine(number, text, num_iid, Problem(problem) if problem else None, column)
        for number, text, num_iid, problem, column in answer["lines"]
    )
