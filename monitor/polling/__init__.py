"""Checks products within a day's budget, and records what the replies say."""
