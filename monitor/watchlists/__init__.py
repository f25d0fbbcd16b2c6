"""Writes of users: adding, importing, pausing and removing products, and making rules."""
