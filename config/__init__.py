"""The project: settings from the environment, the Celery app, the top of the URLs."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
