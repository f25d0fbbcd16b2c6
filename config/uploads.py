"""Limits the size of uploads, for all pages and users."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile


class CappedUploadHandler(FileUploadHandler):
    """The first upload handler: passes files up to `settings.LARGEST_UPLOAD` bytes on to the next handlers.

    A larger file is read and dropped. The form gets no file, and the request has `is_too_large`. Without this Django
    writes uploads of any size into the temporary folder before it calls a view.
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
