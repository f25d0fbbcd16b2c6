"""A constraint that several tables use."""

from django.db import models


def exactly_one_of(first: str, second: str, *, name: str) -> models.CheckConstraint:
    """Return the constraint that exactly one of two columns is set."""
    return models.CheckConstraint(
        condition=models.Q(**{f"{first}__isnull": False, f"{second}__isnull": True})
        | models.Q(**{f"{first}__isnull": True, f"{second}__isnull": False}),
        name=name,
    )
