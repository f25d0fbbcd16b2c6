"""Template tags: `{% load stallwatch %}`."""
