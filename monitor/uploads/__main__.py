"""`python -m monitor.uploads file|text BYTES SECONDS`: reads standard input and writes what it names, as JSON.

`monitor.watchlists.reading` starts it. It uses no more memory and time than it is given. It imports no Django, so it
starts at once and knows no secrets.
"""

import json
import os
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

from monitor.uploads.files import MOST_ROWS, Refusal, UnreadableUpload, read_table
from monitor.uploads.links import UploadLine, read_rows, read_text


def main(kind: str, memory_bytes: str, cpu_seconds: str) -> None:
    limits = {
        resource.RLIMIT_AS: int(memory_bytes),
        # The process that started this one ends it in time. If it was killed before, this limit does.
        resource.RLIMIT_CPU: int(cpu_seconds),
        resource.RLIMIT_CORE: 0,
    }
    for limit, most in limits.items():
        with suppress(ValueError, OSError):  # macOS knows RLIMIT_AS and refuses it.
            resource.setrlimit(limit, (most, most))
    os.nice(3)  # Pages and checks go first, but a busy machine must not starve the reader until its deadline.
    try:
        answer = json.dumps(_answer(kind, sys.stdin.buffer.read()))
    except MemoryError:
        answer = json.dumps({"refusal": Refusal.TOO_COSTLY})
    sys.stdout.write(answer)


def _answer(kind: str, data: bytes) -> dict[str, Any]:
    try:
        # One more than is allowed shows that there are too many.
        lines = list(islice(_lines(kind, data), MOST_ROWS + 1))
    except UnreadableUpload as error:
        return {"refusal": error.refusal}
    if len(lines) > MOST_ROWS:
        return {"refusal": Refusal.MANY_PRODUCTS}
    return {"lines": [(line.number, line.text, line.num_iid, line.problem, line.column) for line in lines]}


def _lines(kind: str, data: bytes) -> Iterator[UploadLine]:
    return read_rows(read_table(data)) if kind == "file" else read_text(data.decode())


if __name__ == "__main__":
    main(*sys.argv[1:])
