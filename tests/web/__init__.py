"""The pages, asked as a browser asks."""

#: What makes a request one of HTMX's.
HTMX = {"HX-Request": "true"}
