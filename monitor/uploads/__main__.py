"""`python -m monitor.uploads file|text|sheet BYTES SECONDS`: reads standard input and writes its lines as JSON.

`monitor.watchlists.reading` starts it, with limits of memory and time. It imports no Django, so it starts fast and
knows no secrets.
"""

import json
import os
import resource
import sys
from contextlib import suppress
from dataclasses import astuple
from itertools import islice
from typing import Any

from monitor.uploads.files import MOST_ROWS, Refusal, UnreadableUpload, read_table
from monitor.uploads.links import read_rows, read_text
from monitor.uploads.sheets import MOST_SHEET_ROWS, read_sheet


def main(kind: str, memory_bytes: str, cpu_seconds: str) -> None:
    limits = {
        resource.RLIMIT_AS: int(memory_bytes),
        # The parent process ends this one in time. If the parent was killed, this limit does.
        resource.RLIMIT_CPU: int(cpu_seconds),
        resource.RLIMIT_CORE: 0,
    }
    for limit, most in limits.items():
        with suppress(ValueError, OSError):  # macOS refuses RLIMIT_AS.
            resource.setrlimit(limit, (most, most))
    os.nice(3)  # Pages and checks go first, but a busy machine must not starve the reader until its deadline.
    try:
        answer = json.dumps(_answer(kind, sys.stdin.buffer.read()))
    except MemoryError:
        answer = json.dumps({"refusal": Refusal.TOO_COSTLY})
    sys.stdout.write(answer)


def _answer(kind: str, data: bytes) -> dict[str, Any]:
    lines: list[Any]
    try:
        if kind == "sheet":
            lines = list(islice(read_sheet(read_table(data)), MOST_SHEET_ROWS + 1))
            if len(lines) > MOST_SHEET_ROWS:
                return {"refusal": Refusal.LONG_SHEET}
            return {"lines": [astuple(line) for line in lines]}
        read = read_rows(read_table(data)) if kind == "file" else read_text(data.decode())
        lines = list(islice(read, MOST_ROWS + 1))
    except UnreadableUpload as error:
        return {"refusal": error.refusal}
    if len(lines) > MOST_ROWS:
        return {"refusal": Refusal.MANY_PRODUCTS}
    return {"lines": [(line.number, line.text, line.num_iid, line.problem, line.column, line.code) for line in lines]}


if __name__ == "__main__":
    main(*sys.argv[1:])
