"""A process that sends messages: for each time on its standard input a child makes one pass of the
outbox at that time.

It prints the child's process ID. After an empty line it prints the child's exit code: until then
the system gives that ID to no other process. Children are forked, so that a new one need load
neither Django nor the pages, whose addresses messages show."""

import os
import sys
from datetime import datetime

import django


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    from config import urls  # noqa: F401
    from monitor.telling import outbox

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                outbox.send_due(datetime.fromisoformat(line.strip()))
                os._exit(0)
            finally:
                os._exit(1)
        print(child, flush=True)
        sys.stdin.readline()
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
