#!/usr/bin/env python
"""Django's command line for Stallwatch: `python manage.py help`."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import Error

from monitor.polling.retry import is_full


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # A wrong environment variable is the operator's to mend: a sentence serves better than a
        # traceback.
        sys.exit(f"Configuration: {error}")
    except Error as error:
        if not is_full(error):
            raise
        sys.exit("The disk is full. Make room on it, then try again.")


if __name__ == "__main__":
    main()
