"""Kombu's broker in a folder, made safe for several processes.

Kombu's own opens a message's file before it writes to it, so a worker may read an empty message and
stop; and it moves messages through the system's temporary folder."""

import os
import uuid
from pathlib import Path
from queue import Empty
from time import monotonic
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps, loads


class Channel(filesystem.Channel):
    """Files whose names begin with a dot belong to one process, which writes or reads them."""

    def _put(  # type: ignore[override]  # The types of kombu give the argument two names.
        self, queue: str, payload: Any, **kwargs: Any
    ) -> None:
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        folder = Path(self.data_folder_out)
        begun = folder / f".{name}"
        try:
            begun.write_text(dumps(payload), encoding="utf-8")
            begun.rename(folder / name)
        except OSError as error:
            raise ChannelError(
                f"The message cannot be written to {folder}: {error.strerror}"
            ) from error

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        folder = Path(self.data_folder_in)
        for name in sorted(os.listdir(folder)):
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            taken = folder / f".{name}"
            try:
                (folder / name).rename(taken)
                message = taken.read_text(encoding="utf-8")
                taken.unlink()
            except FileNotFoundError:  # Another process was faster.
                continue
            return loads(message)
        raise Empty


class Transport(filesystem.Transport):
    Channel = Channel
