"""Answers to requests: each reads what was asked, calls one service or query, and renders a page or its region."""
