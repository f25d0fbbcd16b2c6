"""Limits the size of uploads, for all pages and users."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler


class CappedUploadHandler(FileUploadHandler):
    """The first upload handler: cuts files off soon after `settings.LARGEST_UPLOAD` bytes. Their
    size then shows that they are too large.

    Without this Django writes uploads of any size into the temporary folder before it calls a view.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        is_over = self.received > settings.LARGEST_UPLOAD
        self.received += len(raw_data)
        return None if is_over else raw_data

    def file_complete(self, file_size: int) -> UploadedFile[Any] | None:
        return None
