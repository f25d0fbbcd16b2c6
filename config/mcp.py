"""The ASGI application for uvicorn: the tools for assistants, at /mcp. They are off unless this
process runs."""

# Sets Django up, and stops here if the configuration is wrong.
import config.wsgi  # noqa: F401
from monitor.mcp.server import make_application

application = make_application()
