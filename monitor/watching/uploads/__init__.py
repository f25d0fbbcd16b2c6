"""Finds product IDs in uploads and pasted text. Pure. `__main__` reads in a process of its own."""
