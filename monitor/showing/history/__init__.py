"""The past, prepared for pages and mails: spans, chart points, moves, trends, facts."""
