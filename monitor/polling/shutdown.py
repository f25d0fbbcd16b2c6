"""Tells work that takes long that its process is to stop. A supervisor kills a worker that
takes too long."""

import threading

#: Set when a worker is told to stop: no call and no message begins then.
stopping = threading.Event()
