"""A process that sends: for each line on its standard input, a time, a child makes one pass of the outbox as of then.

It says the child's number and, asked by an empty line, how it ended: until then nobody else can have that number.
Children are forked, so that a killed one costs no start of Django.
"""

import os
import sys
from datetime import datetime

import django


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    from monitor.delivery import outbox

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
