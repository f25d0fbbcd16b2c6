"""Proves on one machine without Docker that deploy/ works: `make prove`."""

import os

import django

# The stand-ins of the tests import models. The processes of the proof get other settings.
os.environ["DJANGO_SETTINGS_MODULE"], os.environ["DEBUG"] = "config.settings", "1"
django.setup()
