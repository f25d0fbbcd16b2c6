"""`python -m monitor.watching.uploads file|text|sheet BYTES SECONDS`: reads standard
input and writes its lines as JSON.

`monitor.watching.parsing` starts it, with limits of memory and time. It imports no Django, so it
starts fast and knows no secrets."""

import json
import os
import resource
import sys
from contextlib import suppress

from monitor.watching.uploads.files import Refusal
from monitor.watching.uploads.parsing import answer_to


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
    # Pages and checks go first, but a busy machine must not starve the reader until its deadline.
    os.nice(3)
    try:
        answer = json.dumps(answer_to(kind, sys.stdin.buffer.read()))
    except MemoryError:
        answer = json.dumps({"refusal": Refusal.TOO_COSTLY})
    sys.stdout.write(answer)


if __name__ == "__main__":
    main(*sys.argv[1:])
