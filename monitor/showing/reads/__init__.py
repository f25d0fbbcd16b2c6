"""Queries and words that pages, the API and mails share: no page is imported here."""
