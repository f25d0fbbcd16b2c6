"""Suggestions that can be told apart: every merchant may have a list of the same name."""

from typing import Any

from django.contrib.admin.views.autocomplete import AutocompleteJsonView


class LabelledSuggestions(AutocompleteJsonView):
    """Suggestions in the words of the model's admin page, where it has a method `label`."""

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        result = super().serialize_result(obj, to_field_name)
        label = getattr(self.model_admin, "label", None)
        return {**result, "text": label(obj)} if label else result
