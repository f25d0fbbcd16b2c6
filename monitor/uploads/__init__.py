"""What people upload or paste, read for product IDs. Pure. `__main__` reads in a process of its own."""
