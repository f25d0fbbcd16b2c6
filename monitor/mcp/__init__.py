"""The API as tools for an assistant, by the Model Context Protocol. `config/mcp.py` is its process.

A tool calls the API within this process, with the token that the assistant has sent: rights, limits
and validation are the API's, and none of them is repeated here."""
