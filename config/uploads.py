"""Uploads have an end: whatever page they are sent to, and whether somebody is signed in or not."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile


class CappedUploadHandler(FileUploadHandler):
    """The first of the handlers: lets a file through to the next ones up to `settings.LARGEST_UPLOAD` bytes.

    What is larger is read off the wire and kept nowhere, and the form finds no file; `is_too_large` of the request
    tells why. Django by itself writes uploads of any size into the temporary folder, before any view is asked.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received += len(raw_data)
        if self.received > settings.LARGEST_UPLOAD:
            if self.request is not None:
                self.request.is_too_large = True  # type: ignore[attr-defined] # read by the view
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> UploadedFile[Any] | None:
        return None
