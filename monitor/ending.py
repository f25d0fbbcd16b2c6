"""Tells work that takes long that its process is to end. A supervisor kills a worker that takes too
long."""

import threading

#: Set when a worker is told to end: no call and no message begins then.
ending = threading.Event()
