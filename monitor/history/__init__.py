"""The past made ready for people: spans, chart points, moves, trends, facts."""
